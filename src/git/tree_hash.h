// The id of the git tree that a set of files would make, computed without writing an object anywhere:
// libgit2's own way stores each tree (or touches the ones that are there), and a repository that we only
// judge must stay as it is. For src/git only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "git/handles.h"

namespace sluice::git {

struct TreeFile {
  std::uint32_t mode = 0;  // GIT_FILEMODE_*
  git_oid id{};
};

// By full path with "/". Paths must not be prefixes of each other ("a" and "a/b"); an index has none.
using TreeFiles = std::map<std::string, TreeFile>;

// 40 hex digits. No files give git's empty tree.
[[nodiscard]] Result<std::string> tree_id(const TreeFiles& files);

}  // namespace sluice::git

// Where a repository's work tree really is. For src/git only.
#pragma once

#include <string>

#include "base/result.h"
#include "git/handles.h"

namespace sluice::git {

// The real path of the repository's work tree, with "/" at its end, which `path` must lie in: core.worktree
// in a hostile configuration could name another folder, which would then pass for this one. Codes: git.bare,
// git.worktree, git.read.
[[nodiscard]] Result<std::string> work_tree_of(git_repository* repository, const std::string& path);

}  // namespace sluice::git

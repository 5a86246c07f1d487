// Opening the repository that a path lies in; the one place that knows libgit2's refusals. For src/git only.
#pragma once

#include <string>

#include "base/result.h"
#include "git/handles.h"

namespace sluice::git {

// Codes: git.not-found, git.owner, git.sha256, git.read.
[[nodiscard]] Result<Repository> open_repository(const std::string& path);

// libgit2 cannot read the repository, and the git program may (git/by_program.h).
[[nodiscard]] inline bool needs_program(const Result<Repository>& opened) {
  return !opened && opened.error().code == "git.sha256";
}

// The real path of the work tree that `path` lies in, with "/" at the end. A hostile configuration could name
// another folder, which would then be taken for this one. Codes: git.bare, git.worktree, git.read.
[[nodiscard]] Result<std::string> work_tree_of(git_repository* repository, const std::string& path);

}  // namespace sluice::git

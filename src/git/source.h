// What a work tree is: commit, tree, refs, remotes, and how it differs from its commit. Local reading only;
// no network, no hooks, no filters of the repository's configuration are run.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "sluice/source_record.h"

namespace sluice::git {

inline constexpr std::size_t k_max_dirty_paths = 200;

// The repository that `path` lies in. Ownership is checked (a repository of another user is refused, as git
// does). SHA-256 repositories, which libgit2 1.5 cannot read, are read through the git program
// (git/program.h). Codes: git.not-found (no repository), git.owner, git.bare, git.worktree (the configuration
// names a work tree elsewhere), git.read, git.program (there is no git program, or it fails).
[[nodiscard]] Result<SourceRecord> read_source(const std::string& path);

// The URL without user info, query and fragment, in URL and scp forms; a local path stays.
[[nodiscard]] std::string scrub_remote(const std::string& url);

}  // namespace sluice::git

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
// does). Codes: git.not-found (no repository), git.owner, git.sha256 (object format that libgit2 1.5 cannot
// read), git.bare, git.worktree (the configuration names a work tree elsewhere), git.read.
[[nodiscard]] Result<SourceRecord> read_source(const std::string& path);

// The URL without user info, query and fragment, in URL and scp forms; a local path stays.
[[nodiscard]] std::string scrub_remote(const std::string& url);

}  // namespace sluice::git

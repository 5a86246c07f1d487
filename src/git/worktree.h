// How the work tree and the index differ from the commit, and which git trees they would be. For src/git
// only.
#pragma once

#include "git/handles.h"
#include "sluice/source_record.h"

namespace sluice::git {

// Fills dirty, dirty_paths, dirty_paths_truncated, index_tree and worktree_tree. Nothing is written to the
// repository: objects made on the way live in memory, and file contents are hashed, not stored.
[[nodiscard]] Status read_worktree(git_repository* repository, SourceRecord& record);

}  // namespace sluice::git

// How the work tree and the index differ from the commit, and which git trees they would be. For src/git
// only.
#pragma once

#include "git/handles.h"
#include "sluice/source_record.h"

namespace sluice::git {

// Fills dirty, dirty_paths, dirty_paths_truncated, index_tree and worktree_tree. Nothing is written to the
// repository, and nothing that it configures is run. Files that the index marks as not to be looked at
// ("assume unchanged", "skip worktree") are looked at all the same: the marks would let a changed file pass
// as committed. Only a file that is absent from a sparse checkout counts as it stands in the index.
[[nodiscard]] Status read_worktree(git_repository* repository, SourceRecord& record);

}  // namespace sluice::git

// What a repository holds besides its work tree: the names it tracks, and files of other revisions. Local
// reading only, as in source.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::git {

// The paths in the index below `folder` (a folder of a work tree), relative to it, sorted; submodules are
// left out. Codes: git.not-found, git.owner, git.bare, git.read.
[[nodiscard]] Result<std::vector<std::string>> tracked_files(const std::string& folder);

// Whether `revision` names a commit of the repository that `folder` lies in.
[[nodiscard]] Result<bool> is_revision(const std::string& folder, const std::string& revision);

// The regular files among `paths` (of the file system, relative to the current folder or absolute) as
// `revision` has them; paths that it does not have, or has as something else, are absent. Larger files than
// `max_bytes` are absent too. Codes: git.not-found, git.owner, git.revision (no commit of that name),
// git.outside (a path outside of the work tree), git.read.
[[nodiscard]] Result<std::map<std::string, Bytes>> files_at(const std::string& folder,
                                                            const std::string& revision,
                                                            const std::vector<std::string>& paths,
                                                            std::uint64_t max_bytes);

}  // namespace sluice::git

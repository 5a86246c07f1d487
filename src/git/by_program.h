// The public functions of this folder for SHA-256 repositories, through the git program. What each does and
// how it fails stands beside the function of the same name. For src/git only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "git/history.h"
#include "git/object_signature.h"
#include "sluice/source_record.h"

namespace sluice::git::by_program {

inline constexpr int k_max_submodule_depth = 8;

// As git::read_source, but for: line-end conversion and filters of attributes are not applied (such files
// count as changed, and `unknowns` says so), and files that `git add -N` noted count as empty in the index.
[[nodiscard]] Result<SourceRecord> read_source(const std::string& path, int depth = 0);
[[nodiscard]] Result<std::vector<std::string>> tracked_files(const std::string& folder);
[[nodiscard]] Result<bool> is_revision(const std::string& folder, const std::string& revision);
[[nodiscard]] Result<std::map<std::string, Bytes>> files_at(const std::string& folder,
                                                            const std::string& revision,
                                                            const std::vector<std::string>& paths,
                                                            std::uint64_t max_bytes);
[[nodiscard]] Result<Range> first_parent_range(const std::string& path, const std::string& base,
                                               const std::string& head);
[[nodiscard]] Result<std::vector<ObjectSignature>> read_object_signatures(
    const std::string& path, const std::vector<std::string>& revisions);

}  // namespace sluice::git::by_program

// A goss file with all that it includes, as one.
#pragma once

#include <string>

#include "base/result.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox::goss {

inline constexpr std::size_t k_max_files = 256;  // the file itself and all included ones
inline constexpr std::size_t k_max_depth = 16;

// Included paths and globs are relative to the folder of the file that names them; an absolute one is taken
// as it is. Each file is read once, where it is first named. The digest is of the files' digests in that
// order. Codes: those of parse_goss_file and read_file; goss.include (nothing matches, too deep, too many).
[[nodiscard]] Result<TestSpec> read_goss(const std::string& path);

}  // namespace sluice::sandbox::goss

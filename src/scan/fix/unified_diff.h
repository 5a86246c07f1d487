// A unified diff of two texts of one file, as `git diff` prints it and `git apply` and `patch -p1` take it:
// three lines of context, git's quoting of names, line ends kept byte for byte, "\ No newline at end of
// file".
#pragma once

#include <string>
#include <string_view>

namespace sluice::scan {

// Line changes beyond this many are not aligned: the whole differing part is shown as replaced.
inline constexpr int k_max_diff_steps = 2'000;

// Empty if the texts are equal. `path` is relative, raw bytes.
[[nodiscard]] std::string unified_diff(std::string_view path, std::string_view before,
                                       std::string_view after);

}  // namespace sluice::scan

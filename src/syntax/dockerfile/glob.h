// Patterns of ${a#p}, ${a%p} and ${a/p/r}: '*', '?' and backslash. Private to the folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::syntax::dockerfile {

// A pattern times value larger than this is refused: the matcher takes that many steps.
inline constexpr std::size_t k_max_glob_steps = 16u << 20;

// Without the shortest or longest prefix/suffix that matches. None if the pattern is invalid or too large.
[[nodiscard]] std::optional<std::string> remove_prefix(std::string_view pattern, std::string_view value,
                                                       bool longest);
[[nodiscard]] std::optional<std::string> remove_suffix(std::string_view pattern, std::string_view value,
                                                       bool longest);
// The first or every longest match replaced.
[[nodiscard]] std::optional<std::string> replace(std::string_view pattern, std::string_view value,
                                                 std::string_view replacement, bool all);

}  // namespace sluice::syntax::dockerfile

// What goss makes of a value before a matcher looks at it, and its patterns of lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace sluice::sandbox::goss {

inline constexpr std::size_t k_max_lines = 100'000;  // of a text that is looked at line by line

// A list is its items, a line each.
[[nodiscard]] std::string to_text(const json::Value& value);
// Of a text or a list, what to_text has; nothing if that is no finite number.
[[nodiscard]] std::optional<double> to_number(const json::Value& value);
// A text is its lines, without their ends; what follows the last one counts only if it is not empty. Anything
// else but a list is the one item of it. Code: sandbox.goss (too many lines).
[[nodiscard]] Result<json::Array> to_list(const json::Value& value);

// "(?m:re)" and the like for a line pattern; `excluded` if it must not be found.
struct LinePattern {
  std::string pattern;  // RE2
  bool excluded = false;
};
[[nodiscard]] LinePattern line_pattern(std::string_view text);
// RE2 that finds just this text.
[[nodiscard]] std::string literal_pattern(std::string_view text);

}  // namespace sluice::sandbox::goss

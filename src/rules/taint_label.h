// The `requires:` of taint sources and sinks: a boolean formula over labels, with `and`, `or`, `not` and
// brackets.
#pragma once

#include <string_view>
#include <vector>

namespace sluice::rules {

[[nodiscard]] bool label_formula_is_valid(std::string_view formula);
// False for a formula that is not valid.
[[nodiscard]] bool label_holds(std::string_view formula, const std::vector<std::string_view>& labels);

}  // namespace sluice::rules

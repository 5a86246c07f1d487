// Filling the metavariables of a message or fix with what they are bound to.
#pragma once

#include <string>
#include <string_view>

#include "rules/env.h"
#include "rules/pattern.h"

namespace sluice::rules {

// "$X", "$...X" and "value($X)" become the bound source text (without the quotes of "value"); unbound ones
// stay. A text longer than k_max_filled_bytes is cut, with "…".
inline constexpr std::size_t k_max_filled_bytes = 300;
[[nodiscard]] std::string fill(std::string_view text, const Variables& variables, const Env& env,
                               std::string_view source, bool cut);

}  // namespace sluice::rules

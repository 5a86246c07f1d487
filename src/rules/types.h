// What little is known of the type of an expression without a type checker: literals, declared parameters,
// `new T`.
#pragma once

#include <string_view>

#include "rules/program.h"

namespace sluice::rules {

// True if the expression is known to have the type of that name. "string" and "str", "int", "float" and
// "number" are names for what literals have.
[[nodiscard]] bool has_type(const Program& program, TermId term, std::string_view type);

}  // namespace sluice::rules

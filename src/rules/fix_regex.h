// fix-regex of a rule: a fix that rewrites the matched text by a regular expression.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/regex.h"

namespace sluice::rules {

struct FixRegex {
  struct Part {
    std::string text;                  // as it is …
    std::optional<std::size_t> group;  // … or what this group matched
  };
  Regex regex;
  std::vector<Part> replacement;
  std::uint64_t count = 0;  // matches to rewrite, from the left; 0 = all
};

// `replacement` as Python's re.sub reads it: \1, \g<1>, \n, \t, \\. Code: rule.fix-regex (a group that the
// expression does not have, an unknown escape).
[[nodiscard]] Result<std::vector<FixRegex::Part>> parse_replacement(std::string_view text,
                                                                    std::size_t groups);

// The rewritten text; nothing if the expression matches nowhere or reaches a limit.
[[nodiscard]] std::optional<std::string> rewrite(const FixRegex& fix, std::string_view text);

}  // namespace sluice::rules

// Comparison: the expression language of `metavariable-comparison`, a small part of Python: literals, $X,
// arithmetic, comparisons, `in`, `and`, `or`, `not`, lists, and the functions int, float, str, len, re.match.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/regex.h"

namespace sluice::rules {

class Comparison {
 public:
  struct Value {
    enum class Type : std::uint8_t { unknown, boolean, integer, real, string, list };
    Type type = Type::unknown;
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    std::string string;  // of unknown: the source text, for str()
    std::vector<Value> items;
  };
  // The value of "$X", unknown if it is no literal.
  using Lookup = std::function<Value(std::string_view)>;

  // Code rule.comparison: not in the language above.
  [[nodiscard]] static Result<Comparison> parse(std::string_view text);
  // A value that is not known makes the whole false, as in Semgrep: a comparison selects what is known to
  // hold.
  [[nodiscard]] Result<bool> holds(const Lookup& lookup) const;
  [[nodiscard]] const std::vector<std::string>& metavariables() const { return metavariables_; }

  struct Node;

 private:
  std::shared_ptr<const Node> root_;
  std::vector<std::string> metavariables_;
};

// "12", "0x1f", "1_000", "3.5", "True", "'text'" → value; unknown for anything else. `base` 0 = by prefix.
[[nodiscard]] Comparison::Value literal_value(std::string_view text, int base = 0);

}  // namespace sluice::rules

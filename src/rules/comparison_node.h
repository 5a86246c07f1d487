// The parsed form of a Comparison; between comparison_parse.cpp and comparison.cpp only.
#pragma once

#include "rules/comparison.h"

namespace sluice::rules {

struct Comparison::Node {
  enum class Kind : std::uint8_t { literal, metavariable, list, unary, binary, compare, logic, call };
  Kind kind = Kind::literal;
  Comparison::Value value;
  std::string text;  // operator, function or metavariable
  std::vector<Node> children;
  std::optional<Regex> regex;  // of re.match
};

[[nodiscard]] inline Comparison::Value boolean(bool b) {
  Comparison::Value v;
  v.type = Comparison::Value::Type::boolean;
  v.boolean = b;
  return v;
}
[[nodiscard]] inline Comparison::Value integer(std::int64_t i) {
  Comparison::Value v;
  v.type = Comparison::Value::Type::integer;
  v.integer = i;
  return v;
}
[[nodiscard]] inline Comparison::Value real(double d) {
  Comparison::Value v;
  v.type = Comparison::Value::Type::real;
  v.real = d;
  return v;
}

}  // namespace sluice::rules

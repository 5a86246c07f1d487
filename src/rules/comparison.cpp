#include "rules/comparison.h"

#include <cmath>

#include "rules/comparison_node.h"

namespace sluice::rules {

namespace {

using Node = Comparison::Node;
using Value = Comparison::Value;
using Type = Value::Type;

bool is_number(const Value& v) {
  return v.type == Type::integer || v.type == Type::real || v.type == Type::boolean;
}
double as_real(const Value& v) {
  return v.type == Type::real      ? v.real
         : v.type == Type::boolean ? (v.boolean ? 1.0 : 0.0)
                                   : static_cast<double>(v.integer);
}
bool truth(const Value& v) {
  switch (v.type) {
    case Type::unknown:
      return false;
    case Type::string:
      return !v.string.empty();
    case Type::list:
      return !v.items.empty();
    default:
      return as_real(v) != 0.0;
  }
}

Value arithmetic(const std::string& op, const Value& a, const Value& b) {
  if (op == "+" && a.type == Type::string && b.type == Type::string) {
    Value v = a;
    v.string += b.string;
    return v;
  }
  if (!is_number(a) || !is_number(b)) return {};
  if (a.type == Type::integer && b.type == Type::integer) {
    std::int64_t r = 0;
    if (op == "+" && !__builtin_add_overflow(a.integer, b.integer, &r)) return integer(r);
    if (op == "-" && !__builtin_sub_overflow(a.integer, b.integer, &r)) return integer(r);
    if (op == "*" && !__builtin_mul_overflow(a.integer, b.integer, &r)) return integer(r);
    if ((op == "//" || op == "%") && b.integer != 0 && b.integer != -1) {
      // Python rounds towards minus infinity.
      const std::int64_t rest = a.integer % b.integer;
      const bool adjust = rest != 0 && ((rest < 0) != (b.integer < 0));
      return integer(op == "%" ? rest + (adjust ? b.integer : 0) : a.integer / b.integer - (adjust ? 1 : 0));
    }
  }
  const double x = as_real(a);
  const double y = as_real(b);
  if (op == "+") return real(x + y);
  if (op == "-") return real(x - y);
  if (op == "*") return real(x * y);
  if (op == "**") {
    const double p = std::pow(x, y);
    if (a.type == Type::integer && b.type == Type::integer && std::fabs(p) < 9e15 && p == std::floor(p)) {
      return integer(static_cast<std::int64_t>(p));
    }
    return real(p);
  }
  if (y == 0.0) return {};
  if (op == "/") return real(x / y);
  if (op == "//") return real(std::floor(x / y));
  return real(x - std::floor(x / y) * y);
}

bool equal_values(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) {
    return a.type == Type::integer && b.type == Type::integer ? a.integer == b.integer
                                                              : as_real(a) == as_real(b);
  }
  return a.type == Type::string && b.type == Type::string && a.string == b.string;
}

bool compare(const std::string& op, const Value& a, const Value& b) {
  if (a.type == Type::unknown || b.type == Type::unknown) return false;
  if (op == "==") return equal_values(a, b);
  if (op == "!=") return !equal_values(a, b);
  if (op == "in" || op == "not in") {
    bool found = false;
    for (const Value& item : b.items) found = found || equal_values(a, item);
    if (b.type == Type::string && a.type == Type::string)
      found = b.string.find(a.string) != std::string::npos;
    return found == (op == "in");
  }
  int order = 0;
  if (a.type == Type::string && b.type == Type::string) {
    order = a.string.compare(b.string);
  } else if (is_number(a) && is_number(b)) {
    order = as_real(a) < as_real(b) ? -1 : as_real(a) > as_real(b) ? 1 : 0;
  } else {
    return false;
  }
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  return order >= 0;
}

Result<Value> evaluate(const Node& node, const Comparison::Lookup& lookup);

Result<Value> call(const Node& node, const Comparison::Lookup& lookup) {
  const Value argument = SLUICE_TRY(evaluate(node.children[node.regex ? 1 : 0], lookup));
  if (node.regex) {
    if (argument.type != Type::string) return boolean(false);
    return boolean(SLUICE_TRY(node.regex->matches(argument.string)));
  }
  if (node.text == "len") {
    if (argument.type == Type::string) return integer(static_cast<std::int64_t>(argument.string.size()));
    if (argument.type == Type::list) return integer(static_cast<std::int64_t>(argument.items.size()));
    return Value{};
  }
  if (node.text == "str") {
    if (argument.type == Type::unknown && !argument.string.empty()) {
      Value v = argument;
      v.type = Type::string;
      return v;
    }
    if (argument.type == Type::integer) {
      Value v;
      v.type = Type::string;
      v.string = std::to_string(argument.integer);
      return v;
    }
    return argument.type == Type::string ? argument : Value{};
  }
  int base = 0;
  if (node.children.size() > 1) {
    const Value second = SLUICE_TRY(evaluate(node.children[1], lookup));
    if (second.type == Type::integer && second.integer >= 2 && second.integer <= 36)
      base = static_cast<int>(second.integer);
  }
  Value number = argument.type == Type::string ? literal_value(argument.string, base) : argument;
  if (!is_number(number)) return Value{};
  if (node.text == "float") return real(as_real(number));
  if (number.type == Type::real) {
    if (!(std::fabs(number.real) < 9e18)) return Value{};
    return integer(static_cast<std::int64_t>(number.real));
  }
  return number.type == Type::boolean ? integer(number.boolean ? 1 : 0) : number;
}

Result<Value> evaluate(const Node& node, const Comparison::Lookup& lookup) {
  switch (node.kind) {
    case Node::Kind::literal:
      return node.value;
    case Node::Kind::metavariable:
      return lookup(node.text);
    case Node::Kind::list: {
      Value list;
      list.type = Type::list;
      for (const Node& child : node.children) list.items.push_back(SLUICE_TRY(evaluate(child, lookup)));
      return list;
    }
    case Node::Kind::unary: {
      const Value a = SLUICE_TRY(evaluate(node.children[0], lookup));
      if (node.text == "not") return a.type == Type::unknown ? a : boolean(!truth(a));
      return arithmetic("-", integer(0), a);
    }
    case Node::Kind::binary: {
      const Value a = SLUICE_TRY(evaluate(node.children[0], lookup));
      const Value b = SLUICE_TRY(evaluate(node.children[1], lookup));
      return arithmetic(node.text, a, b);
    }
    case Node::Kind::compare: {
      const Value a = SLUICE_TRY(evaluate(node.children[0], lookup));
      const Value b = SLUICE_TRY(evaluate(node.children[1], lookup));
      if (a.type == Type::unknown || b.type == Type::unknown) return Value{};
      return boolean(compare(node.text, a, b));
    }
    case Node::Kind::logic: {
      const bool a = truth(SLUICE_TRY(evaluate(node.children[0], lookup)));
      if (a == (node.text == "or")) return boolean(a);
      return boolean(truth(SLUICE_TRY(evaluate(node.children[1], lookup))));
    }
    case Node::Kind::call:
      return call(node, lookup);
  }
  return Value{};
}

}  // namespace

Result<bool> Comparison::holds(const Lookup& lookup) const {
  return truth(SLUICE_TRY(evaluate(*root_, lookup)));
}

}  // namespace sluice::rules

#include "rules/comparison.h"

#include <charconv>
#include <cmath>

namespace sluice::rules {

using Value = Comparison::Value;
using Type = Value::Type;

struct Comparison::Node {
  enum class Kind : std::uint8_t { literal, metavariable, list, unary, binary, compare, logic, call };
  Kind kind = Kind::literal;
  Value value;
  std::string text;  // operator, function or metavariable
  std::vector<Node> children;
  std::optional<Regex> regex;  // of re.match
};

namespace {

using Node = Comparison::Node;
constexpr int k_max_depth = 64;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<std::string>& metavariables)
      : text_(text), metavariables_(metavariables) {}

  Result<Node> run() {
    Node node = SLUICE_TRY(logic_or(0));
    skip();
    if (at_ != text_.size()) return error();
    return node;
  }

 private:
  tl::unexpected<Error> error() const {
    return fail(
        ErrorKind::config, "rule.comparison",
        "comparison is not understood at \"" + std::string(text_.substr(std::min(at_, text_.size()))) + "\"");
  }
  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool symbol(std::string_view s) {
    skip();
    if (!text_.substr(at_).starts_with(s)) return false;
    at_ += s.size();
    return true;
  }
  bool word(std::string_view w) {
    skip();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(w) || (rest.size() > w.size() && is_word(rest[w.size()]))) return false;
    at_ += w.size();
    return true;
  }
  static Node make(Node::Kind kind, std::string text, Node a) {
    Node node;
    node.kind = kind;
    node.text = std::move(text);
    node.children.push_back(std::move(a));
    return node;
  }
  static Node make(Node::Kind kind, std::string text, Node a, Node b) {
    Node node = make(kind, std::move(text), std::move(a));
    node.children.push_back(std::move(b));
    return node;
  }

  Result<Node> logic_or(int depth) {
    if (depth > k_max_depth) return error();
    Node left = SLUICE_TRY(logic_and(depth + 1));
    while (word("or"))
      left = make(Node::Kind::logic, "or", std::move(left), SLUICE_TRY(logic_and(depth + 1)));
    return left;
  }
  Result<Node> logic_and(int depth) {
    Node left = SLUICE_TRY(logic_not(depth + 1));
    while (word("and"))
      left = make(Node::Kind::logic, "and", std::move(left), SLUICE_TRY(logic_not(depth + 1)));
    return left;
  }
  Result<Node> logic_not(int depth) {
    if (depth > k_max_depth) return error();
    if (word("not")) return make(Node::Kind::unary, "not", SLUICE_TRY(logic_not(depth + 1)));
    return comparison(depth + 1);
  }
  Result<Node> comparison(int depth) {
    Node left = SLUICE_TRY(sum(depth + 1));
    std::vector<Node> parts;
    while (true) {
      std::string op;
      for (const std::string_view s : {"==", "!=", "<=", ">=", "<", ">"}) {
        if (op.empty() && symbol(s)) op = s;
      }
      if (op.empty() && word("in")) op = "in";
      if (op.empty() && word("not")) {
        if (!word("in")) return error();
        op = "not in";
      }
      if (op.empty()) break;
      Node right = SLUICE_TRY(sum(depth + 1));
      parts.push_back(make(Node::Kind::compare, op, std::move(left), right));
      left = std::move(right);
    }
    if (parts.empty()) return left;
    Node all = std::move(parts[0]);
    for (std::size_t i = 1; i < parts.size(); ++i)
      all = make(Node::Kind::logic, "and", std::move(all), std::move(parts[i]));
    return all;
  }
  Result<Node> sum(int depth) {
    Node left = SLUICE_TRY(product(depth + 1));
    while (true) {
      if (symbol("+")) {
        left = make(Node::Kind::binary, "+", std::move(left), SLUICE_TRY(product(depth + 1)));
      } else if (symbol("-")) {
        left = make(Node::Kind::binary, "-", std::move(left), SLUICE_TRY(product(depth + 1)));
      } else {
        return left;
      }
    }
  }
  Result<Node> product(int depth) {
    Node left = SLUICE_TRY(unary(depth + 1));
    while (true) {
      std::string op;
      for (const std::string_view s : {"**", "//", "*", "/", "%"}) {
        if (op.empty() && symbol(s)) op = s;
      }
      if (op.empty()) return left;
      left = make(Node::Kind::binary, op, std::move(left), SLUICE_TRY(unary(depth + 1)));
    }
  }
  Result<Node> unary(int depth) {
    if (depth > k_max_depth) return error();
    if (symbol("-")) return make(Node::Kind::unary, "-", SLUICE_TRY(unary(depth + 1)));
    return primary(depth + 1);
  }
  Result<Node> primary(int depth) {
    skip();
    if (at_ >= text_.size()) return error();
    if (symbol("(")) {
      Node inner = SLUICE_TRY(logic_or(depth + 1));
      if (!symbol(")")) return error();
      return inner;
    }
    if (symbol("[")) return items(Node::Kind::list, "", ']', depth);
    const char c = text_[at_];
    if (c == '\'' || c == '"') return quoted(c);
    std::size_t end = at_ + (c == '$' ? 1 : 0);
    while (end < text_.size() && (is_word(text_[end]) || (text_[end] == '.' && c != '$'))) ++end;
    const std::string token(text_.substr(at_, end - at_));
    if (token.empty() || token == "$") return error();
    at_ = end;
    Node node;
    if (c == '$') {
      node.kind = Node::Kind::metavariable;
      node.text = token;
      metavariables_.push_back(token);
      return node;
    }
    if ((c == 'r' || c == 'b' || c == 'u') && token.size() == 1 && at_ < text_.size() &&
        (text_[at_] == '\'' || text_[at_] == '"')) {
      return quoted(text_[at_]);
    }
    node.value = literal_value(token);
    if (node.value.type != Type::unknown) return node;
    if (token != "int" && token != "float" && token != "str" && token != "len" && token != "re.match" &&
        token != "re.search") {
      at_ -= token.size();
      return error();
    }
    if (!symbol("(")) return error();
    Node call = SLUICE_TRY(items(Node::Kind::call, token, ')', depth));
    if (token.starts_with("re.")) {
      if (call.children.size() != 2 || call.children[0].value.type != Type::string) return error();
      call.regex = SLUICE_TRY(Regex::compile(call.children[0].value.string, {false, token == "re.match"}));
    } else if (call.children.empty() || call.children.size() > 2) {
      return error();
    }
    return call;
  }
  Result<Node> items(Node::Kind kind, std::string name, char close, int depth) {
    Node node;
    node.kind = kind;
    node.text = std::move(name);
    while (!symbol(std::string_view(&close, 1))) {
      node.children.push_back(SLUICE_TRY(logic_or(depth + 1)));
      symbol(",");
      skip();
      if (at_ >= text_.size()) return error();
    }
    return node;
  }
  Result<Node> quoted(char quote) {
    const std::size_t begin = ++at_;
    std::string content;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == quote || text_[at_ + 1] == '\\'))
        ++at_;
      content.push_back(text_[at_++]);
    }
    if (at_ >= text_.size()) {
      at_ = begin;
      return error();
    }
    ++at_;
    Node node;
    node.value.type = Type::string;
    node.value.string = std::move(content);
    return node;
  }

  std::string_view text_;
  std::vector<std::string>& metavariables_;
  std::size_t at_ = 0;
};

Value boolean(bool b) {
  Value v;
  v.type = Type::boolean;
  v.boolean = b;
  return v;
}
Value integer(std::int64_t i) {
  Value v;
  v.type = Type::integer;
  v.integer = i;
  return v;
}
Value real(double d) {
  Value v;
  v.type = Type::real;
  v.real = d;
  return v;
}
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

Value literal_value(std::string_view text, int base) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  if (text == "True" || text == "true") return boolean(true);
  if (text == "False" || text == "false") return boolean(false);
  if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'' || text[0] == '`') && text.back() == text[0]) {
    Value v;
    v.type = Type::string;
    v.string = std::string(text.substr(1, text.size() - 2));
    return v;
  }
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits.push_back(c);
  }
  const bool negative = digits.starts_with('-');
  std::string_view rest = std::string_view(digits).substr(negative ? 1 : 0);
  if (rest.empty()) return {};
  int radix = base == 0 ? 10 : base;
  if (rest.size() > 2 && rest[0] == '0' && (base == 0 || base == 8 || base == 16 || base == 2)) {
    const char p = static_cast<char>(rest[1] | 0x20);
    const int named = p == 'x' ? 16 : p == 'o' ? 8 : p == 'b' ? 2 : 0;
    if (named != 0 && (base == 0 || base == named)) {
      radix = named;
      rest.remove_prefix(2);
    }
  }
  if (base == 0 && radix == 10 && rest.size() > 1 && rest[0] == '0' &&
      rest.find_first_not_of("01234567") == std::string_view::npos) {
    radix = 8;  // 0755 of C-like languages
  }
  std::int64_t whole = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), whole, radix);
  if (code == std::errc{} && end == rest.data() + rest.size()) return integer(negative ? -whole : whole);
  double fraction = 0;
  const auto [real_end, real_code] = std::from_chars(rest.data(), rest.data() + rest.size(), fraction);
  if (radix == 10 && real_code == std::errc{} && real_end == rest.data() + rest.size() &&
      std::isfinite(fraction)) {
    return real(negative ? -fraction : fraction);
  }
  return {};
}

Result<Comparison> Comparison::parse(std::string_view text) {
  Comparison comparison;
  comparison.root_ = std::make_shared<const Node>(SLUICE_TRY(Parser(text, comparison.metavariables_).run()));
  return comparison;
}

Result<bool> Comparison::holds(const Lookup& lookup) const {
  return truth(SLUICE_TRY(evaluate(*root_, lookup)));
}

}  // namespace sluice::rules

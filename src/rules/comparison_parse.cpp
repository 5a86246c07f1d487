#include <algorithm>
#include <charconv>
#include <cmath>

#include "rules/comparison_node.h"

namespace sluice::rules {

namespace {

using Node = Comparison::Node;
using Value = Comparison::Value;
using Type = Value::Type;
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

}  // namespace

Comparison::Value literal_value(std::string_view text, int base) {
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
  // from_chars takes a sign of its own, and the negation of the least number is undefined.
  if (rest.empty() || rest[0] == '-') return {};
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

}  // namespace sluice::rules

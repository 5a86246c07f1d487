// Expansions: variables, substitutions and arithmetic.
#include <algorithm>
#include <array>

#include "syntax/shell/characters.h"
#include "syntax/shell/field.h"

namespace sluice::syntax::shell {
namespace {

bool is_special(char c) {
  return std::string_view("@*#?$!-").find(c) != std::string_view::npos;
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

}  // namespace

std::string_view Reader::read_name() {
  const std::uint32_t begin = i_;
  if (!at_end() && is_name_start(s_[i_])) {
    while (!at_end() && is_name(s_[i_])) ++i_;
  }
  return s_.substr(begin, i_ - begin);
}

Expansion Reader::variable_expansion(std::string name, bool quoted) const {
  Expansion expansion;
  expansion.quoted = quoted;
  const Variable* found = state_.environment.find(name);
  expansion.defined =
      found != nullptr || state_.open_environment || name.empty() || !is_name_start(name.front());
  expansion.outside = found != nullptr && found->outside;
  expansion.name = std::move(name);
  return expansion;
}

void Reader::put_unknown(Field& field, std::uint32_t begin, Expansion expansion) {
  expansion.span = text_.span(begin, i_);
  field.word.expansions.push_back(std::move(expansion));
  field.word.unknown = true;
  field.put(s_.substr(begin, i_ - begin));
}

void Reader::put_value(Field& field, std::uint32_t begin, Expansion expansion, std::string_view value) {
  expansion.span = text_.span(begin, i_);
  expansion.resolved = true;
  const bool splits = field.split && !expansion.quoted;
  field.word.expansions.push_back(std::move(expansion));
  if (!splits) {
    if (!value.empty() || field.word.quoted) field.put(value);
    return;
  }
  std::size_t at = 0;
  while (at < value.size()) {
    if (is_blank(value[at])) {
      field.next();
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < value.size() && !is_blank(value[end])) ++end;
    field.put(value.substr(at, end - at));
    at = end;
  }
}

void Reader::put_plain_variable(Field& field, std::uint32_t begin, std::string name, bool quoted) {
  Expansion expansion = variable_expansion(std::move(name), quoted);
  const Variable* found = state_.environment.find(expansion.name);
  if (found != nullptr && found->value) {
    put_value(field, begin, std::move(expansion), *found->value);
  } else {
    put_unknown(field, begin, std::move(expansion));
  }
}

void Reader::read_dollar(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted) {
  const std::uint32_t begin = i_;
  const char next = peek(1);
  if (next == '(' && peek(2) == '(' && read_arithmetic(field, quoted)) return;
  if (next == '(') return read_substitution(scope, owner, field, quoted, ExpansionKind::command);
  if (next == '{') return read_braces(scope, owner, field, quoted);
  if (next == '\'' && !quoted) return read_ansi_quotes(field);
  if (next == '"' && !quoted) {
    ++i_;
    return;  // $"…": the quotes are read by the caller
  }
  ++i_;
  if (is_name_start(next)) {
    std::string name(read_name());
    put_plain_variable(field, begin, std::move(name), quoted);
  } else if (is_digit(next) || is_special(next)) {
    ++i_;
    put_plain_variable(field, begin, std::string(1, next), quoted);
  } else {
    field.put("$");
  }
}

// "$((…))"; false, and nothing read, if it is a substitution that begins with a subshell.
bool Reader::read_arithmetic(Field& field, bool quoted) {
  const std::uint32_t begin = i_;
  std::uint32_t depth = 0;
  std::uint32_t at = i_ + 1;
  for (; at < s_.size(); ++at) {
    if (s_[at] == '(') ++depth;
    if (s_[at] == ')' && --depth == 0) break;
  }
  if (at < s_.size() && s_[at - 1] != ')') return false;
  i_ = static_cast<std::uint32_t>(std::min<std::size_t>(at + 1, s_.size()));
  Expansion expansion;
  expansion.kind = ExpansionKind::arithmetic;
  expansion.quoted = quoted;
  expansion.defined = true;
  put_unknown(field, begin, std::move(expansion));
  return true;
}

void Reader::read_substitution(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted,
                               ExpansionKind kind) {
  const std::uint32_t begin = i_;
  i_ += 2;
  const std::size_t mark = state_.undo.size();
  Expansion expansion;
  expansion.kind = kind;
  expansion.quoted = quoted;
  expansion.defined = true;
  expansion.scope =
      open_scope(kind == ExpansionKind::process ? ScopeKind::process : ScopeKind::substitution, scope, owner);
  read_list(expansion.scope, Stop::paren);
  if (peek() == ')') ++i_;
  close_scope(expansion.scope, begin);
  restore(mark);
  put_unknown(field, begin, std::move(expansion));
}

void Reader::read_backquotes(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted) {
  const std::uint32_t begin = i_++;
  const std::size_t mark = state_.undo.size();
  Expansion expansion;
  expansion.kind = ExpansionKind::command;
  expansion.quoted = quoted;
  expansion.defined = true;
  expansion.backquoted = true;
  expansion.scope = open_scope(ScopeKind::substitution, scope, owner);
  ++backquotes_;
  read_list(expansion.scope, Stop::backquote);
  --backquotes_;
  if (peek() == '`') ++i_;
  close_scope(expansion.scope, begin);
  restore(mark);
  put_unknown(field, begin, std::move(expansion));
}

std::string Reader::read_operator() {
  constexpr std::array<std::string_view, 19> ops{":-", ":=", ":?", ":+", "##", "%%", "//", "/#", "/%", "^^",
                                                 ",,", "#",  "%",  "/",  "^",  ",",  "-",  "=",  "?"};
  for (const std::string_view op : ops) {
    if (s_.substr(i_, op.size()) == op) {
      i_ += static_cast<std::uint32_t>(op.size());
      return std::string(op);
    }
  }
  if (peek() == '+' || peek() == ':' || peek() == '@') return std::string(1, s_[i_++]);
  return {};
}

void Reader::read_braces(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted) {
  const std::uint32_t begin = i_;
  if (braces_ >= k_max_depth) {
    script_.incomplete = true;
    field.put("${");
    i_ += 2;
    return;
  }
  ++braces_;
  i_ += 2;
  std::string op;
  if (peek() == '#' && peek(1) != '}' &&
      (is_name_start(peek(1)) || is_digit(peek(1)) || is_special(peek(1)))) {
    op = "length";
    ++i_;
  } else if (peek() == '!') {
    op = "indirect";
    ++i_;
  }
  std::string name(read_name());
  if (name.empty() && is_digit(peek())) {
    while (is_digit(peek())) name += s_[i_++];
  } else if (name.empty() && is_special(peek())) {
    name = std::string(1, s_[i_++]);
  }
  if (peek() == '[') {
    while (!at_end() && peek() != ']' && peek() != '}') ++i_;
    if (peek() == ']') ++i_;
    if (op.empty()) op = "subscript";
  }
  if (const std::string modifier = read_operator(); op.empty()) op = modifier;
  Field operand;
  read_operand(scope, owner, operand, quoted);
  if (peek() == '}') {
    ++i_;
  } else {
    problem(begin, i_, "unterminated ${");
  }
  --braces_;
  Expansion expansion = variable_expansion(std::move(name), quoted);
  expansion.op = op;
  for (Expansion& inner : operand.word.expansions) field.word.expansions.push_back(std::move(inner));
  put_parameter(field, begin, std::move(expansion), operand.word);
}

// What stands behind the operator, up to the closing brace.
void Reader::read_operand(std::uint32_t scope, std::uint32_t owner, Field& operand, bool quoted) {
  while (!at_end() && peek() != '}') {
    const char c = s_[i_];
    if (c == '\\') {
      read_escape(operand);
    } else if (c == '\'' && !quoted) {
      read_single_quotes(operand);
    } else if (c == '"') {
      read_double_quotes(scope, owner, operand);
    } else if (c == '$') {
      read_dollar(scope, owner, operand, quoted);
    } else if (c == '`') {
      if (backquotes_ > 0) break;
      read_backquotes(scope, owner, operand, quoted);
    } else {
      operand.put(s_.substr(i_, 1));
      ++i_;
    }
  }
}

void Reader::put_parameter(Field& field, std::uint32_t begin, Expansion expansion, const Word& operand) {
  const std::string& op = expansion.op;
  const Variable* found = state_.environment.find(expansion.name);
  const bool set = found != nullptr;
  const bool known = set && found->value.has_value();
  const bool defaults = op == ":-" || op == "-" || op == ":=" || op == "=";
  if (defaults || op == ":+" || op == "+") expansion.defined = true;
  if (op.empty() || op == ":?" || op == "?" || defaults) {
    if (known && !(found->value->empty() && op.size() == 2)) {
      return put_value(field, begin, std::move(expansion), *found->value);
    }
    if (defaults && (!set || known) && !operand.unknown) {
      return put_value(field, begin, std::move(expansion), operand.text);
    }
  }
  put_unknown(field, begin, std::move(expansion));
}

}  // namespace sluice::syntax::shell

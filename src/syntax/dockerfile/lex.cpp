#include "syntax/dockerfile/lex.h"

#include <array>

#include "syntax/dockerfile/lexer.h"

namespace sluice::syntax::dockerfile {
namespace {

bool is_name_byte(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The end of a variable's name that begins at `at`: digits, one special parameter, or a word.
std::uint32_t name_end(std::string_view text, std::uint32_t at, std::uint32_t end) {
  if (at >= end) return at;
  const bool digits = text[at] >= '0' && text[at] <= '9';
  if (!digits && std::string_view("@*#?-$!").find(text[at]) != std::string_view::npos) return at + 1;
  std::uint32_t to = at;
  while (to < end && (digits ? text[to] >= '0' && text[to] <= '9' : is_name_byte(text[to]))) ++to;
  return to;
}

std::string_view modifier_at(std::string_view text) {
  static constexpr std::array<std::string_view, 12> k_modifiers = {":-", ":+", ":?", "##", "%%", "//",
                                                                   "-",  "+",  "?",  "#",  "%",  "/"};
  for (const std::string_view modifier : k_modifiers) {
    if (text.substr(0, modifier.size()) == modifier) return modifier;
  }
  return {};
}

}  // namespace

Expansion expand(std::string_view word, const Lookup& lookup, const LexOptions& options) {
  Lexer lexer(word, lookup, options);
  Expansion out;
  if (!lexer.run()) {
    out.error = lexer.error();
  } else {
    out.text = std::move(lexer.text());
    for (LexWord& part : lexer.words()) out.words.push_back(std::move(part.text));
  }
  out.used = std::move(lexer.used());
  out.unset = std::move(lexer.unset());
  return out;
}

std::string unquote(std::string_view word, char escape) {
  LexOptions options;
  options.escape = escape;
  options.keep_unset = true;
  Expansion result = expand(word, {}, options);
  return result.ok() ? std::move(result.text) : std::string(word);
}

std::vector<VariableUse> variables(std::string_view text, LogicalRange range, char escape) {
  struct Open {
    std::size_t use;     // index in `out`
    bool double_quoted;  // the quoting outside of it
  };
  std::vector<VariableUse> out;
  std::vector<Open> open;
  bool single_quoted = false;
  bool double_quoted = false;
  for (std::uint32_t at = range.begin; at < range.end;) {
    const char c = text[at];
    if (c == escape && !single_quoted) {
      at += 2;
    } else if (c == '\'' && !double_quoted) {
      single_quoted = !single_quoted;
      ++at;
    } else if (c == '"' && !single_quoted) {
      double_quoted = !double_quoted;
      ++at;
    } else if (c == '}' && !open.empty() && !single_quoted) {
      VariableUse& use = out[open.back().use];
      use.operand.end = at;
      use.range.end = ++at;
      double_quoted = open.back().double_quoted;
      open.pop_back();
    } else if (c == '$') {
      const bool braced = at + 1 < range.end && text[at + 1] == '{';
      const std::uint32_t begin = at + (braced ? 2 : 1);
      const std::uint32_t end = name_end(text, begin, range.end);
      if (end == begin) {
        ++at;
        continue;
      }
      VariableUse use{std::string(text.substr(begin, end - begin)), {}, {end, end}, {at, end}, single_quoted};
      at = end;
      if (braced) {
        use.modifier = modifier_at(text.substr(end, range.end - end));
        at += static_cast<std::uint32_t>(use.modifier.size());
        use.operand = {at, at};
        open.push_back({out.size(), double_quoted});
      }
      out.push_back(std::move(use));
    } else {
      ++at;
    }
  }
  for (const Open& left : open)
    out[left.use].range.end = out[left.use].operand.end = range.end;  // never closed
  return out;
}

}  // namespace sluice::syntax::dockerfile

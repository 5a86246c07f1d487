#include "syntax/dockerfile/lexer.h"

#include <algorithm>
#include <utility>

#include "syntax/dockerfile/glob.h"
#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

constexpr const char* k_no_brace = "syntax error: missing '}'";

bool is_digit(char32_t rune) {
  return rune >= '0' && rune <= '9';
}

// Letters beyond ASCII are taken as such without a table: no builder variable has them.
bool is_name(char32_t rune) {
  return is_digit(rune) || rune == '_' || (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z') ||
         (rune > 0xBF && rune < 0x2000);
}

bool is_special_parameter(char32_t rune) {
  return rune < 0x80 && std::string_view("@*#?-$!0").find(static_cast<char>(rune)) != std::string_view::npos;
}

void remember(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

}  // namespace

char32_t Lexer::peek() const {
  return at_ < input_.size() ? decode_rune(input_, at_).value : k_end;
}

char32_t Lexer::next() {
  if (at_ >= input_.size()) return k_end;
  const Rune rune = decode_rune(input_, at_);
  at_ += rune.size;
  return rune.value;
}

bool Lexer::refuse(std::string message) {
  if (error_.empty()) error_ = std::move(message);
  return false;
}

bool Lexer::run() {
  if (!until(k_end, options_.raw_escapes, text_)) {
    words_.clear();
    text_.clear();
    return false;
  }
  end_word();
  return true;
}

void Lexer::end_word() {
  if (!word_.text.empty()) words_.push_back(std::move(word_));
  word_ = {};
  in_word_ = false;
}

void Lexer::add_char(char32_t rune, std::uint32_t begin) {
  if (!is_space(rune)) {
    std::string text;
    append_rune(text, rune);
    add_raw(text, begin);
  } else if (in_word_ && !word_.text.empty()) {
    end_word();
  }
}

void Lexer::add_raw(std::string_view text, std::uint32_t begin) {
  if (depth_ > 1) return;
  if (!in_word_) word_.range.begin = begin;
  in_word_ = true;
  word_.text += text;
  word_.range.end = at_;
}

bool Lexer::until(char32_t stop, bool raw_escapes, std::string& out) {
  if (depth_ >= k_max_lex_depth) return refuse("variables are nested too deep");
  const bool before = std::exchange(raw_escapes_, raw_escapes);
  ++depth_;
  bool ok = true;
  bool stopped = false;
  while (ok && at_ < input_.size()) {
    const std::uint32_t begin = at_;
    const char32_t rune = peek();
    if (rune == stop) {
      next();
      stopped = true;
      break;
    }
    std::string part;
    if (rune == '$') {
      ok = dollar(part);
      if (depth_ == 1) {
        for (std::size_t i = 0; i < part.size();) {  // a variable's value is split at blanks
          const Rune piece = decode_rune(part, i);
          add_char(piece.value, begin);
          i += piece.size;
        }
      }
    } else if (!options_.plain_quotes && (rune == '\'' || rune == '"')) {
      ok = rune == '"' ? double_quote(part) : single_quote(part);
      add_raw(part, begin);
    } else if (rune == '<') {
      possible_heredoc(part);
      add_raw(part, begin);
    } else {
      next();
      if (rune == static_cast<char32_t>(options_.escape)) {
        if (raw_escapes_) {
          append_rune(part, rune);
          add_raw(part, begin);
        }
        const char32_t escaped = next();
        if (escaped != k_end) {
          std::string text;
          append_rune(text, escaped);
          add_raw(text, begin);
          part += text;
        }
      } else {
        append_rune(part, rune);
        if (depth_ == 1) add_char(rune, begin);
      }
    }
    out += part;
  }
  if (ok && !stopped && stop != k_end) {
    std::string wanted;
    append_rune(wanted, stop);
    ok = refuse(stop == '}' ? k_no_brace : "syntax error: missing '" + wanted + "' in ${}");
  }
  --depth_;
  raw_escapes_ = before;
  return ok;
}

bool Lexer::single_quote(std::string& out) {
  const char32_t quote = next();
  if (options_.raw_quotes) append_rune(out, quote);
  for (;;) {
    const char32_t rune = next();
    if (rune == k_end) return refuse("unexpected end of statement while looking for matching single-quote");
    if (rune == '\'') {
      if (options_.raw_quotes) append_rune(out, rune);
      return true;
    }
    append_rune(out, rune);
  }
}

bool Lexer::double_quote(std::string& out) {
  const char32_t quote = next();
  if (options_.raw_quotes) append_rune(out, quote);
  for (;;) {
    const char32_t rune = peek();
    if (rune == k_end) return refuse("unexpected end of statement while looking for matching double-quote");
    if (rune == '$') {
      if (!dollar(out)) return false;
      continue;
    }
    next();
    if (rune == '"') {
      if (options_.raw_quotes) append_rune(out, rune);
      return true;
    }
    if (rune != static_cast<char32_t>(options_.escape)) {
      append_rune(out, rune);
      continue;
    }
    if (raw_escapes_) append_rune(out, rune);
    const char32_t escaped = peek();
    if (escaped == k_end) continue;
    // Only these can be escaped; before anything else the escape stays.
    const bool special =
        escaped == '"' || escaped == '$' || escaped == static_cast<char32_t>(options_.escape);
    append_rune(out, special ? next() : rune);
  }
}

void Lexer::possible_heredoc(std::string& out) {
  next();
  out = "<";
  if (peek() != '<') return;
  next();
  out += '<';
  // Blanks between << and the terminator's name belong to the word.
  while (at_ < input_.size() && is_space(peek())) append_rune(out, next());
}

std::string Lexer::name() {
  std::string out;
  if (is_digit(peek())) {
    while (is_digit(peek())) append_rune(out, next());
    return out;
  }
  if (is_special_parameter(peek())) {
    append_rune(out, next());
    return out;
  }
  while (is_name(peek())) append_rune(out, next());
  return out;
}

std::optional<std::string> Lexer::value_of(const std::string& name) {
  auto value = lookup_ ? lookup_(name) : std::nullopt;
  remember(value ? used_ : unset_, name);
  return value;
}

bool Lexer::dollar(std::string& out) {
  next();
  if (peek() == '{') {
    next();
    return braces(out);
  }
  const std::string variable = name();
  if (variable.empty()) {
    out += '$';
    return true;
  }
  const auto value = value_of(variable);
  if (value) {
    out += *value;
  } else if (options_.keep_unset) {
    out.append("$").append(variable);
  }
  return true;
}

bool Lexer::braces(std::string& out) {
  const char32_t first = peek();
  if (first == k_end) return refuse(k_no_brace);
  if (first == '{' || first == '}' || first == ':') return refuse("syntax error: bad substitution");
  const std::string variable = name();
  char32_t modifier = next();
  if (modifier == '}') {
    const auto value = value_of(variable);
    if (value) {
      out += *value;
    } else if (options_.keep_unset) {
      out.append("${").append(variable).append("}");
    }
    return true;
  }
  if (modifier == '/') return replacement(variable, out);
  const bool colon = modifier == ':';
  // After a colon any character is read as the modifier; whether it is one matters only once the variable is
  // set.
  const bool known = modifier < 0x80 &&
                     std::string_view("+-?#%").find(static_cast<char>(modifier)) != std::string_view::npos;
  if (colon) {
    modifier = next();
  } else if (!known) {
    std::string text;
    if (modifier != k_end) append_rune(text, modifier);
    return refuse("unsupported modifier (" + text + ") in substitution");
  }
  return modified(variable, modifier, colon, out);
}

bool Lexer::modified(const std::string& variable, char32_t modifier, bool colon, std::string& out) {
  const bool pattern = modifier == '#' || modifier == '%';
  std::string word;
  if (!until('}', pattern, word)) return false;
  const auto value = value_of(variable);
  if (options_.keep_unset && !value) {
    out.append("${").append(variable).append(colon ? ":" : "");
    append_rune(out, modifier);
    out.append(word).append("}");
    return true;
  }
  const bool missing = !value || (colon && value->empty());
  switch (modifier) {
    case '-':
      out += missing ? word : *value;
      return true;
    case '+':
      out += missing ? std::string() : word;
      return true;
    case '?':
      if (!missing) {
        out += *value;
        return true;
      }
      if (word.empty()) word = value ? "is not allowed to be empty" : "is not allowed to be unset";
      return refuse(variable + ": " + word);
    case '#':
    case '%':
      break;
    default:
      return refuse("unsupported modifier in substitution");
  }
  const bool longest = !word.empty() && static_cast<unsigned char>(word[0]) == modifier;
  if (longest) word.erase(0, 1);
  const std::string subject = value.value_or(std::string());
  const auto result =
      modifier == '%' ? remove_suffix(word, subject, longest) : remove_prefix(word, subject, longest);
  if (!result) return refuse("invalid pattern (" + word + ") in substitution");
  out += *result;
  return true;
}

bool Lexer::replacement(const std::string& variable, std::string& out) {
  const bool all = peek() == '/';
  if (all) next();
  std::string pattern;
  std::string with;
  if (!until('/', true, pattern) || !until('}', true, with)) return false;
  const auto value = value_of(variable);
  if (options_.keep_unset && !value) {
    out.append("${").append(variable).append("/").append(pattern).append("/").append(with).append("}");
    return true;
  }
  const auto result = replace(pattern, value.value_or(std::string()), with, all);
  if (!result) return refuse("invalid pattern (" + pattern + ") in substitution");
  out += *result;
  return true;
}

}  // namespace sluice::syntax::dockerfile

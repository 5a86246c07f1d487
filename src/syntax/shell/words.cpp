// Words: quotes and escapes.
#include <algorithm>
#include <array>

#include "syntax/shell/characters.h"
#include "syntax/shell/field.h"

namespace sluice::syntax::shell {

void Reader::read_word(std::uint32_t scope, std::uint32_t owner, std::vector<RawWord>& out, bool split) {
  const std::uint32_t begin = i_;
  Field field;
  field.split = split;
  while (!at_end()) {
    const char c = s_[i_];
    if (c == '\\') {
      read_escape(field);
    } else if (c == '\'') {
      read_single_quotes(field);
    } else if (c == '"') {
      read_double_quotes(scope, owner, field);
    } else if (c == '$') {
      read_dollar(scope, owner, field, false);
    } else if (c == '`' && backquotes_ == 0) {
      read_backquotes(scope, owner, field, false);
    } else if ((c == '<' || c == '>') && peek(1) == '(') {
      read_substitution(scope, owner, field, false, ExpansionKind::process);
    } else if (ends_word(c)) {
      break;
    } else {
      const std::uint32_t from = i_;
      while (!at_end() && !ends_word(s_[i_]) &&
             std::string_view("\\'\"$`").find(s_[i_]) == std::string_view::npos)
        ++i_;
      field.put(s_.substr(from, i_ - from));
    }
  }
  if (field.any) field.done.push_back(std::move(field.word));
  const Span span = text_.span(begin, i_);
  for (Word& word : field.done) {
    word.span = span;
    RawWord raw;
    raw.word = std::move(word);
    raw.begin = begin;
    raw.end = i_;
    out.push_back(std::move(raw));
  }
}

void Reader::read_escape(Field& field) {
  if (peek(1) == '\n') {
    i_ += 2;
    return;
  }
  if (i_ + 1 >= s_.size()) {
    field.put("\\");
    ++i_;
    return;
  }
  field.put(s_.substr(i_ + 1, 1));
  field.word.quoted = true;
  i_ += 2;
}

void Reader::read_single_quotes(Field& field) {
  const std::uint32_t begin = i_++;
  const std::size_t close = s_.find('\'', i_);
  if (close == std::string_view::npos)
    problem(begin, static_cast<std::uint32_t>(s_.size()), "unterminated single quote");
  const auto end = static_cast<std::uint32_t>(std::min(close, s_.size()));
  field.put(s_.substr(i_, end - i_));
  field.word.quoted = true;
  i_ = static_cast<std::uint32_t>(std::min<std::size_t>(end + 1, s_.size()));
}

void Reader::read_ansi_quotes(Field& field) {  // $'…'
  i_ += 2;
  field.put("");
  field.word.quoted = true;
  while (!at_end() && s_[i_] != '\'') {
    if (s_[i_] == '\\' && i_ + 1 < s_.size()) {
      const char c = s_[i_ + 1];
      constexpr std::string_view codes = "ntr0";
      constexpr std::string_view meanings("\n\t\r\0", 4);
      const std::size_t at = codes.find(c);
      field.put(at == std::string_view::npos ? s_.substr(i_ + 1, 1) : meanings.substr(at, 1));
      i_ += 2;
    } else {
      field.put(s_.substr(i_, 1));
      ++i_;
    }
  }
  if (!at_end()) ++i_;
}

void Reader::read_double_quotes(std::uint32_t scope, std::uint32_t owner, Field& field) {
  const std::uint32_t begin = i_++;
  field.put("");
  field.word.quoted = true;
  while (!at_end() && s_[i_] != '"') {
    const char c = s_[i_];
    if (c == '\\' && i_ + 1 < s_.size()) {
      const char next = s_[i_ + 1];
      if (next == '\n') {
      } else if (std::string_view("$`\"\\").find(next) != std::string_view::npos) {
        field.put(s_.substr(i_ + 1, 1));
      } else {
        field.put(s_.substr(i_, 2));
      }
      i_ += 2;
    } else if (c == '$') {
      read_dollar(scope, owner, field, true);
    } else if (c == '`') {
      if (backquotes_ > 0) break;
      read_backquotes(scope, owner, field, true);
    } else {
      const std::uint32_t from = i_;
      while (!at_end() && std::string_view("\\\"$`").find(s_[i_]) == std::string_view::npos) ++i_;
      if (i_ == from) ++i_;  // a backslash as the last byte
      field.put(s_.substr(from, i_ - from));
    }
  }
  if (at_end() || s_[i_] != '"') {
    problem(begin, i_, "unterminated double quote");
  } else {
    ++i_;
  }
}

// The word's text with quotes removed and nothing expanded, each byte with its origin.
MappedText Reader::decode(std::uint32_t begin, std::uint32_t end) const {
  MappedText out;
  char quote = '\0';
  std::uint32_t from = begin;
  const auto flush = [&](std::uint32_t to) { out.append(text_, from, to); };
  for (std::uint32_t at = begin; at < end; ++at) {
    const char c = s_[at];
    if (quote == '\'') {
      if (c != '\'') continue;
    } else if (c == '\\' && at + 1 < end) {
      const char next = s_[at + 1];
      const bool removed = quote == '\0' || std::string_view("$`\"\\\n").find(next) != std::string_view::npos;
      if (removed) {
        flush(at);
        from = next == '\n' ? at + 2 : at + 1;
      }
      ++at;
      continue;
    } else if (c != '"' && (c != '\'' || quote == '"')) {
      continue;
    }
    flush(at);
    from = at + 1;
    quote = quote == '\0' ? c : '\0';
  }
  flush(end);
  return out;
}

}  // namespace sluice::syntax::shell

// Blanks, comments, line ends and reserved words.
#include "syntax/shell/characters.h"
#include "syntax/shell/reader.h"

namespace sluice::syntax::shell {

void Reader::skip_blanks() {
  while (!at_end()) {
    const char c = s_[i_];
    if (c == ' ' || c == '\t' || c == '\r') {
      ++i_;
    } else if (c == '\\' && peek(1) == '\n') {
      i_ += 2;
    } else if (c == '#' &&
               (i_ == 0 || s_[i_ - 1] == ' ' || s_[i_ - 1] == '\t' || s_[i_ - 1] == '\n' ||
                s_[i_ - 1] == ';' || s_[i_ - 1] == '(' || s_[i_ - 1] == '&' || s_[i_ - 1] == '|')) {
      while (!at_end() && s_[i_] != '\n' && !(backquotes_ > 0 && s_[i_] == '`')) ++i_;
    } else {
      return;
    }
  }
}

void Reader::take_newline() {
  ++i_;
  if (!pending_.empty()) read_heredocs();
}

void Reader::skip_newlines() {
  for (;;) {
    skip_blanks();
    if (at_end() || s_[i_] != '\n') return;
    take_newline();
  }
}

bool Reader::ends_word(char c) const {
  switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case ';':
    case '&':
    case '|':
    case '<':
    case '>':
    case '(':
    case ')':
      return true;
    case '`':
      return backquotes_ > 0;
    default:
      return false;
  }
}

bool Reader::looking_at_word(std::string_view word) const {
  return s_.substr(i_, word.size()) == word &&
         (i_ + word.size() >= s_.size() || ends_word(s_[i_ + word.size()]));
}

bool Reader::accept_word(std::string_view word) {
  if (!looking_at_word(word)) return false;
  i_ += static_cast<std::uint32_t>(word.size());
  return true;
}

}  // namespace sluice::syntax::shell

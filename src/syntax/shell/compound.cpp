// Compound commands and functions.
#include <algorithm>
#include <array>

#include "syntax/shell/reader.h"

namespace sluice::syntax::shell {

bool Reader::read_compound(std::uint32_t scope, Stage stage, Holder& holder) {
  if (looking_at_word("function")) {
    read_function_name();
    holder = {true, read_function_body(scope)};
    return true;
  }
  const bool arithmetic = peek() == '(' && peek(1) == '(';
  const bool subshell = peek() == '(' && !arithmetic;
  constexpr std::array<std::string_view, 7> words{"{", "if", "while", "until", "for", "select", "case"};
  const auto* const word =
      std::find_if(words.begin(), words.end(), [this](std::string_view w) { return looking_at_word(w); });
  if (!arithmetic && !subshell && word == words.end()) return false;
  const std::uint32_t begin = i_;
  holder = {true, open_scope(subshell ? ScopeKind::subshell : ScopeKind::group, scope)};
  script_.scopes[holder.index].stage = stage;
  if (arithmetic) {
    skip_parentheses();
  } else if (subshell) {
    const std::size_t mark = state_.undo.size();
    ++i_;
    read_list(holder.index, Stop::paren);
    if (peek() == ')') ++i_;
    restore(mark);
  } else {
    i_ += static_cast<std::uint32_t>(word->size());
    read_body(*word, holder.index);
  }
  read_scope_redirects(holder.index);
  close_scope(holder.index, begin);
  return true;
}

// Behind the word that opens the command.
void Reader::read_body(std::string_view word, std::uint32_t scope) {
  if (word == "{") {
    read_list(scope, Stop::brace);
    accept_word("}");
  } else if (word == "if") {
    read_if(scope);
  } else if (word == "case") {
    read_case(scope);
  } else {
    read_loop(scope, word == "for" || word == "select");
  }
}

// "((…))", whose content is no list.
void Reader::skip_parentheses() {
  std::uint32_t depth = 0;
  for (; !at_end(); ++i_) {
    if (peek() == '(') ++depth;
    if (peek() == ')' && --depth == 0) {
      ++i_;
      break;
    }
  }
}

// "function NAME" and "()".
void Reader::read_function_name() {
  i_ += 8;
  skip_blanks();
  while (!at_end() && !ends_word(s_[i_])) ++i_;
  skip_blanks();
  if (peek() != '(') return;
  ++i_;
  skip_blanks();
  if (peek() == ')') ++i_;
}

void Reader::read_if(std::uint32_t scope) {
  for (;;) {
    read_nested_list(ScopeKind::condition, scope, Stop::then_);
    if (!accept_word("then")) return;
    read_nested_list(ScopeKind::branch, scope, Stop::fi);
    if (accept_word("elif")) continue;
    if (accept_word("else")) read_nested_list(ScopeKind::branch, scope, Stop::fi);
    accept_word("fi");
    return;
  }
}

// "for NAME in WORDS" up to the do, or the three expressions of "for ((…))".
void Reader::read_for_head(std::uint32_t scope) {
  skip_blanks();
  if (peek() == '(' && peek(1) == '(') {
    while (!at_end() && !(peek() == ')' && peek(1) == ')')) ++i_;
    i_ = static_cast<std::uint32_t>(std::min<std::size_t>(i_ + 2, s_.size()));
    return;
  }
  const std::string name(read_name());
  skip_newlines();
  std::vector<RawWord> items;
  if (accept_word("in")) {
    for (;;) {
      skip_blanks();
      if (at_end() || (ends_word(s_[i_]) && s_[i_] != '<' && s_[i_] != '>')) break;
      const std::uint32_t before = i_;
      read_word(scope, k_none, items, true);
      if (i_ == before) break;
    }
  }
  Variable variable;
  variable.outside = std::any_of(items.begin(), items.end(), [](const RawWord& item) {
    return std::any_of(item.word.expansions.begin(), item.word.expansions.end(),
                       [](const Expansion& e) { return e.outside; });
  });
  if (items.size() == 1 && !items[0].word.unknown) variable.value = items[0].word.text;
  if (!name.empty()) set_variable(scope, Join::first, name, std::move(variable));
}

void Reader::read_loop(std::uint32_t scope, bool is_for) {
  if (is_for) {
    read_for_head(scope);
    skip_blanks();
    if (peek() == ';') ++i_;
    skip_newlines();
  } else {
    read_nested_list(ScopeKind::condition, scope, Stop::do_);
  }
  if (!accept_word("do")) return;
  read_nested_list(ScopeKind::loop, scope, Stop::done);
  accept_word("done");
}

void Reader::read_case(std::uint32_t scope) {
  skip_blanks();
  std::vector<RawWord> subject;
  if (!at_end() && !ends_word(s_[i_])) read_word(scope, k_none, subject, false);
  skip_newlines();
  if (!accept_word("in")) return;
  for (;;) {
    skip_newlines();
    if (at_end() || accept_word("esac")) return;
    const std::uint32_t before = i_;
    if (peek() == '(') ++i_;
    while (!at_end() && peek() != ')' && peek() != '\n' && peek() != ';') {  // the patterns
      std::vector<RawWord> pattern;
      skip_blanks();
      if (peek() == '|' || at_end()) {
        ++i_;
      } else if (!ends_word(s_[i_])) {
        read_word(scope, k_none, pattern, false);
      } else if (peek() != ')') {
        ++i_;
      }
    }
    if (peek() == ')') ++i_;
    read_nested_list(ScopeKind::branch, scope, Stop::item);
    while (peek() == ';' || peek() == '&') ++i_;
    if (i_ == before) ++i_;
  }
}

std::uint32_t Reader::read_function_body(std::uint32_t scope) {
  const std::uint32_t begin = i_;
  const std::uint32_t inner = open_scope(ScopeKind::function, scope);
  skip_newlines();
  Holder holder;
  if (script_.scopes.size() < k_max_commands) read_compound(inner, {state_.pipelines++, 0, 1}, holder);
  close_scope(inner, begin);
  return inner;
}

}  // namespace sluice::syntax::shell

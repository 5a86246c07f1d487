// Lists, pipelines and the scopes they stand in.
#include "syntax/shell/reader.h"

#include <algorithm>
#include <array>

#include "syntax/shell/characters.h"

namespace sluice::syntax::shell {
namespace {

constexpr std::array<std::string_view, 8> k_closing_words{"then", "do",   "done", "fi",
                                                          "elif", "else", "esac", "}"};

}  // namespace

void Reader::run(std::uint32_t scope) {
  read_list(scope, Stop::end);
  if (!pending_.empty()) read_heredocs();
  script_.scopes[scope].span = text_.span(0, text_.size());
}

void Reader::run_exec(const std::vector<ExecWord>& words, std::uint32_t scope) {
  const auto index = static_cast<std::uint32_t>(script_.commands.size());
  Command& command = script_.commands.emplace_back();
  command.scope = scope;
  command.stage = {state_.pipelines++, 0, 1};
  std::vector<RawWord> raw;
  for (const ExecWord& word : words) {
    RawWord item;
    item.word.text = std::string(word.text.text());
    item.word.span = word.span;
    item.word.quoted = true;
    item.given = &word.text;
    raw.push_back(std::move(item));
  }
  if (!words.empty()) command.span = {words.front().span.begin, words.back().span.end};
  finish_command(index, 0, 0, std::move(raw));
}

void Reader::problem(std::uint32_t begin, std::uint32_t end, std::string message) {
  script_.problems.push_back({text_.span(begin, end), std::move(message)});
}

std::uint32_t Reader::open_scope(ScopeKind kind, std::uint32_t parent, std::uint32_t owner) {
  Scope scope;
  scope.kind = kind;
  scope.parent = parent;
  scope.owner = owner;
  scope.first = static_cast<std::uint32_t>(script_.commands.size());
  script_.scopes.push_back(std::move(scope));
  return static_cast<std::uint32_t>(script_.scopes.size() - 1);
}

void Reader::close_scope(std::uint32_t scope, std::uint32_t begin) {
  script_.scopes[scope].span = text_.span(begin, i_);
}

void Reader::read_nested_list(ScopeKind kind, std::uint32_t parent, Stop stop) {
  const std::uint32_t begin = i_;
  const std::uint32_t scope = open_scope(kind, parent);
  read_list(scope, stop);
  close_scope(scope, begin);
}

bool Reader::at_stop(Stop stop) const {
  switch (stop) {
    case Stop::end:
      return false;
    case Stop::paren:
      return peek() == ')';
    case Stop::brace:
      return looking_at_word("}");
    case Stop::then_:
      return looking_at_word("then");
    case Stop::do_:
      return looking_at_word("do");
    case Stop::fi:
      return looking_at_word("fi") || looking_at_word("elif") || looking_at_word("else");
    case Stop::done:
      return looking_at_word("done");
    case Stop::item:
      return (peek() == ';' && (peek(1) == ';' || peek(1) == '&')) || looking_at_word("esac");
    case Stop::backquote:
      return peek() == '`';
  }
  return false;
}

bool Reader::at_closer() const {
  if (peek() == ')' || (peek() == ';' && peek(1) == ';') || (backquotes_ > 0 && peek() == '`')) return true;
  return std::any_of(k_closing_words.begin(), k_closing_words.end(),
                     [&](std::string_view word) { return looking_at_word(word); });
}

void Reader::read_list(std::uint32_t scope, Stop stop) {
  if (depth_ + stops_.size() >= k_max_depth || script_.commands.size() >= k_max_commands) {
    script_.incomplete = true;
    i_ = static_cast<std::uint32_t>(s_.size());  // nothing after this place is understood
    return;
  }
  stops_.push_back(stop);
  Join join = Join::first;
  for (;;) {
    skip_newlines();
    if (at_end() || script_.commands.size() >= k_max_commands) {
      if (!at_end()) script_.incomplete = true;
      if (stop != Stop::end)
        problem(i_, i_, "the text ends inside a compound command, substitution or quote");
      break;
    }
    if (at_stop(stop)) break;
    if (at_closer()) {
      const bool outer = std::any_of(stops_.begin(), stops_.end() - 1, [&](Stop s) { return at_stop(s); });
      problem(i_, i_ + 1, "unexpected end of a compound command");
      if (outer) break;
      ++i_;
      while (!at_end() && is_name(s_[i_])) ++i_;
      continue;
    }
    const std::uint32_t before = i_;
    const std::uint32_t last = read_pipeline(scope, join);
    skip_blanks();
    Join next = Join::first;
    if (peek() == '&' && peek(1) == '&') {
      next = Join::and_;
      i_ += 2;
    } else if (peek() == '|' && peek(1) == '|') {
      next = Join::or_;
      i_ += 2;
    } else if (peek() == ';' && peek(1) != ';' && peek(1) != '&') {
      next = Join::sequence;
      ++i_;
    } else if (peek() == '&') {
      next = Join::background;
      ++i_;
    } else if (peek() == '\n') {
      next = Join::sequence;
      take_newline();
    } else if (i_ == before) {
      problem(i_, i_ + 1, "unexpected character");
      ++i_;
    }
    if (last != k_none) script_.commands[last].next = next;
    join = next == Join::first ? Join::sequence : next;
  }
  stops_.pop_back();
}

std::uint32_t Reader::read_pipeline(std::uint32_t scope, Join join) {
  bool negated = false;
  while (peek() == '!' && ends_word(peek(1)) && peek(1) != '(') {
    negated = !negated;
    ++i_;
    skip_blanks();
  }
  Stage stage{state_.pipelines++, 0, 1};
  std::vector<Holder> stages;
  for (;;) {
    skip_blanks();
    stages.push_back(read_stage(scope, stage, stages.empty() ? join : Join::pipe, negated && stages.empty()));
    skip_blanks();
    if (peek() != '|' || peek(1) == '|') break;
    i_ += peek(1) == '&' ? 2U : 1U;
    if (!stages.back().is_scope && stages.back().index != k_none) {
      script_.commands[stages.back().index].next = Join::pipe;
    }
    if (++stage.index >= k_max_stages) {
      script_.incomplete = true;
      stage = {state_.pipelines++, 0, 1};
      for (Holder& holder : stages) holder.index = k_none;
    }
    skip_newlines();
    if (at_end() || at_closer()) break;
  }
  const auto count = static_cast<std::uint32_t>(stages.size());
  for (const Holder& holder : stages) {
    if (holder.index == k_none) continue;
    (holder.is_scope ? script_.scopes[holder.index].stage : script_.commands[holder.index].stage).count =
        count;
  }
  return stages.back().is_scope ? k_none : stages.back().index;
}

Reader::Holder Reader::read_stage(std::uint32_t scope, Stage stage, Join join, bool negated) {
  Holder holder;
  if (read_compound(scope, stage, holder)) return holder;
  if (looking_at_word("[[")) return {false, read_test(scope, stage, join, negated)};
  return {false, read_simple(scope, stage, join, negated)};
}

}  // namespace sluice::syntax::shell

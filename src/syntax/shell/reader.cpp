#include "syntax/shell/reader.h"
#include "syntax/shell/unwrap.h"

#include <algorithm>
#include <array>

namespace sluice::syntax::shell {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name(char c) {
  return is_name_start(c) || is_digit(c);
}

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

// --- lexing
// -----------------------------------------------------------------------------------------------------------

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

bool Reader::at_redirect() const {
  std::size_t i = i_;
  while (i < s_.size() && is_digit(s_[i])) ++i;
  if (i >= s_.size()) return false;
  if (s_[i] == '<' || s_[i] == '>') {
    const bool process = i + 1 < s_.size() && s_[i + 1] == '(';
    return !process || i > i_;
  }
  return i == i_ && s_[i] == '&' && i + 1 < s_.size() && s_[i + 1] == '>';
}

Redirect Reader::read_redirect(std::uint32_t scope, std::uint32_t owner, bool is_scope,
                               std::uint32_t number) {
  Redirect redirect;
  const std::uint32_t begin = i_;
  int fd = -1;
  while (is_digit(peek())) {
    if (fd < 1000) fd = (fd < 0 ? 0 : fd) * 10 + (peek() - '0');
    ++i_;
  }
  redirect.fd = fd;
  constexpr std::array<std::string_view, 12> ops{"<<<", "<<-", "&>>", "<<", ">>", ">&",
                                                 "<&",  "&>",  ">|",  "<>", ">",  "<"};
  for (const std::string_view op : ops) {
    if (s_.substr(i_, op.size()) == op) {
      redirect.op = std::string(op);
      i_ += static_cast<std::uint32_t>(op.size());
      break;
    }
  }
  skip_blanks();
  const std::uint32_t target_begin = i_;
  std::vector<RawWord> words;
  if (!at_end() && !ends_word(s_[i_])) {
    read_word(scope, is_scope ? k_none : owner, words, false);
  } else if (peek() == '<' || peek() == '>') {
    read_word(scope, is_scope ? k_none : owner, words, false);  // > >(tee log)
  }
  if (words.empty()) {
    problem(begin, i_, "redirection without a target");
  } else {
    redirect.target = std::move(words.front().word);
  }
  redirect.span = text_.span(begin, i_);
  if (redirect.op == "<<" || redirect.op == "<<-") {
    redirect.heredoc = true;
    redirect.literal = redirect.target.quoted;
    const MappedText delimiter = decode(target_begin, i_);
    pending_.push_back({std::string(delimiter.text()), redirect.op == "<<-", is_scope, owner, number});
  }
  return redirect;
}

void Reader::read_heredocs() {
  std::vector<PendingHeredoc> due;
  due.swap(pending_);
  for (const PendingHeredoc& heredoc : due) {
    const std::uint32_t begin = i_;
    std::uint32_t end = i_;
    bool closed = false;
    while (!at_end()) {
      std::size_t line_end = s_.find('\n', i_);
      if (line_end == std::string_view::npos) line_end = s_.size();
      std::string_view line = s_.substr(i_, line_end - i_);
      if (heredoc.strip) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      end = i_;
      i_ = static_cast<std::uint32_t>(std::min(line_end + 1, s_.size()));
      if (line == heredoc.delimiter) {
        closed = true;
        break;
      }
      end = i_;
    }
    if (!closed) problem(begin, end, "heredoc without its end");
    Redirect* redirect = nullptr;
    if (heredoc.is_scope) {
      auto& redirects = script_.scopes[heredoc.owner].redirects;
      if (heredoc.redirect < redirects.size()) redirect = &redirects[heredoc.redirect];
    } else if (heredoc.owner < script_.commands.size()) {
      auto& redirects = script_.commands[heredoc.owner].redirects;
      if (heredoc.redirect < redirects.size()) redirect = &redirects[heredoc.redirect];
    }
    if (redirect == nullptr) continue;
    redirect->body = text_.span(begin, end);
    redirect->body_text = std::string(s_.substr(begin, end - begin));
    if (heredoc.is_scope) continue;
    const Command& command = script_.commands[heredoc.owner];
    const Shape shape = shape_of(command.argv);
    if (shape.reads_stdin && shape.wrappers == 0) read_text(heredoc.owner, text_.slice(begin, end));
  }
}

// --- structure
// --------------------------------------------------------------------------------------------------------

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

bool Reader::read_compound(std::uint32_t scope, Stage stage, Holder& holder) {
  const std::uint32_t begin = i_;
  const std::size_t mark = state_.undo.size();
  const auto enter = [&](ScopeKind kind) {
    holder = {true, open_scope(kind, scope)};
    script_.scopes[holder.index].stage = stage;
    return holder.index;
  };
  if (peek() == '(' && peek(1) == '(') {
    enter(ScopeKind::group);
    std::uint32_t depth = 0;
    for (; !at_end(); ++i_) {
      if (peek() == '(') ++depth;
      if (peek() == ')' && --depth == 0) {
        ++i_;
        break;
      }
    }
  } else if (peek() == '(') {
    const std::uint32_t inner = enter(ScopeKind::subshell);
    ++i_;
    read_list(inner, Stop::paren);
    if (peek() == ')') ++i_;
    restore(mark);
  } else if (looking_at_word("{")) {
    const std::uint32_t inner = enter(ScopeKind::group);
    ++i_;
    read_list(inner, Stop::brace);
    accept_word("}");
  } else if (looking_at_word("if")) {
    const std::uint32_t inner = enter(ScopeKind::group);
    i_ += 2;
    read_if(inner);
  } else if (looking_at_word("while") || looking_at_word("until")) {
    const std::uint32_t inner = enter(ScopeKind::group);
    i_ += 5;
    read_loop(inner, false);
  } else if (looking_at_word("for") || looking_at_word("select")) {
    const std::uint32_t inner = enter(ScopeKind::group);
    i_ += peek() == 'f' ? 3U : 6U;
    read_loop(inner, true);
  } else if (looking_at_word("case")) {
    const std::uint32_t inner = enter(ScopeKind::group);
    i_ += 4;
    read_case(inner);
  } else if (looking_at_word("function")) {
    i_ += 8;
    skip_blanks();
    while (!at_end() && !ends_word(s_[i_])) ++i_;  // its name
    skip_blanks();
    if (peek() == '(') {
      ++i_;
      skip_blanks();
      if (peek() == ')') ++i_;
    }
    holder = {true, read_function_body(scope)};
    return true;
  } else {
    return false;
  }
  read_scope_redirects(holder.index);
  close_scope(holder.index, begin);
  return true;
}

void Reader::read_scope_redirects(std::uint32_t scope) {
  for (;;) {
    skip_blanks();
    if (at_end() || !at_redirect()) return;
    const auto number = static_cast<std::uint32_t>(script_.scopes[scope].redirects.size());
    Redirect redirect = read_redirect(scope, scope, true, number);
    script_.scopes[scope].redirects.push_back(std::move(redirect));
  }
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

void Reader::read_loop(std::uint32_t scope, bool is_for) {
  if (is_for) {
    skip_blanks();
    if (peek() == '(' && peek(1) == '(') {
      while (!at_end() && !(peek() == ')' && peek(1) == ')')) ++i_;
      i_ = static_cast<std::uint32_t>(std::min<std::size_t>(i_ + 2, s_.size()));
    } else {
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

std::optional<Assignment> Reader::read_assignment(std::uint32_t scope, std::uint32_t owner) {
  std::uint32_t at = i_;
  if (at >= s_.size() || !is_name_start(s_[at])) return std::nullopt;
  while (at < s_.size() && is_name(s_[at])) ++at;
  const std::uint32_t name_end = at;
  if (at < s_.size() && s_[at] == '[') {
    const std::size_t close = s_.find_first_of("] \t\n", at);
    if (close == std::string_view::npos || s_[close] != ']') return std::nullopt;
    at = static_cast<std::uint32_t>(close + 1);
  }
  const bool append = at < s_.size() && s_[at] == '+';
  if (append) ++at;
  if (at >= s_.size() || s_[at] != '=') return std::nullopt;
  Assignment assignment;
  assignment.name = std::string(s_.substr(i_, name_end - i_));
  assignment.append = append;
  const std::uint32_t begin = i_;
  i_ = at + 1;
  std::vector<RawWord> value;
  if (peek() == '(') {  // an array: its words are read for their substitutions, its value is not modelled
    ++i_;
    assignment.value.unknown = true;
    for (;;) {
      skip_newlines();
      if (at_end() || peek() == ')') break;
      const std::uint32_t before = i_;
      if (!ends_word(s_[i_]) || peek() == '<' || peek() == '>') read_word(scope, owner, value, false);
      if (i_ == before) ++i_;
    }
    if (peek() == ')') ++i_;
  } else if (!at_end() && (!ends_word(s_[i_]) || ((peek() == '<' || peek() == '>') && peek(1) == '('))) {
    read_word(scope, owner, value, false);
    if (!value.empty()) assignment.value = std::move(value.front().word);
  }
  if (assignment.value.span == Span{}) assignment.value.span = text_.span(at + 1, i_);
  assignment.span = text_.span(begin, i_);
  return assignment;
}

std::uint32_t Reader::read_simple(std::uint32_t scope, Stage stage, Join join, bool negated) {
  const auto index = static_cast<std::uint32_t>(script_.commands.size());
  {
    Command& command = script_.commands.emplace_back();
    command.scope = scope;
    command.stage = stage;
    command.join = join;
    command.negated = negated;
  }
  const std::uint32_t begin = i_;
  std::uint32_t end = i_;
  std::vector<RawWord> words;
  std::vector<Assignment> assignments;
  for (;;) {
    skip_blanks();
    if (at_end()) break;
    const char c = s_[i_];
    const bool process = (c == '<' || c == '>') && peek(1) == '(';
    if (!process && at_redirect()) {
      const auto number = static_cast<std::uint32_t>(script_.commands[index].redirects.size());
      Redirect redirect = read_redirect(scope, index, false, number);
      script_.commands[index].redirects.push_back(std::move(redirect));
      end = i_;
      continue;
    }
    if (c == '(' && words.size() == 1 && peek(1) == ')') {  // name() body
      i_ += 2;
      script_.commands[index].span = text_.span(begin, i_);
      read_function_body(scope);
      return k_none;
    }
    if (c == '(') {
      problem(i_, i_ + 1, "unexpected (");
      ++i_;
      continue;
    }
    if (!process && ends_word(c)) break;
    if (words.empty()) {
      if (auto assignment = read_assignment(scope, index)) {
        assignments.push_back(std::move(*assignment));
        end = i_;
        continue;
      }
    }
    const std::uint32_t before = i_;
    read_word(scope, index, words, true);
    end = i_;
    if (i_ == before) {
      problem(i_, i_ + 1, "unexpected character");
      ++i_;
    }
  }
  script_.commands[index].assignments = std::move(assignments);
  finish_command(index, begin, end, std::move(words));
  return index;
}

// [[ … ]]: operators are words, and nothing is split.
std::uint32_t Reader::read_test(std::uint32_t scope, Stage stage, Join join, bool negated) {
  const auto index = static_cast<std::uint32_t>(script_.commands.size());
  {
    Command& command = script_.commands.emplace_back();
    command.scope = scope;
    command.stage = stage;
    command.join = join;
    command.negated = negated;
  }
  const std::uint32_t begin = i_;
  std::vector<RawWord> words;
  const auto put = [&](std::uint32_t from, std::uint32_t to) {
    RawWord word;
    word.begin = from;
    word.end = to;
    word.word.text = std::string(s_.substr(from, to - from));
    word.word.span = text_.span(from, to);
    words.push_back(std::move(word));
  };
  put(i_, i_ + 2);
  i_ += 2;
  for (;;) {
    skip_newlines();
    if (at_end()) break;
    if (looking_at_word("]]")) {
      put(i_, i_ + 2);
      i_ += 2;
      break;
    }
    if (ends_word(s_[i_]) && !((peek() == '<' || peek() == '>') && peek(1) == '(')) {
      put(i_, i_ + 1);
      ++i_;
      continue;
    }
    const std::uint32_t before = i_;
    read_word(scope, index, words, false);
    if (i_ == before) ++i_;
  }
  finish_command(index, begin, i_, std::move(words));
  return index;
}

}  // namespace sluice::syntax::shell

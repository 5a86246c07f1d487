// Simple commands, assignments and [[ … ]].
#include "syntax/shell/characters.h"
#include "syntax/shell/reader.h"

namespace sluice::syntax::shell {

// An array's words are read for their substitutions; its value is not modelled.
void Reader::read_array(std::uint32_t scope, std::uint32_t owner) {
  std::vector<RawWord> words;
  ++i_;
  for (;;) {
    skip_newlines();
    if (at_end() || peek() == ')') break;
    const std::uint32_t before = i_;
    if (!ends_word(s_[i_]) || peek() == '<' || peek() == '>') read_word(scope, owner, words, false);
    if (i_ == before) ++i_;
  }
  if (peek() == ')') ++i_;
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
  if (peek() == '(') {
    read_array(scope, owner);
    assignment.value.unknown = true;
  } else if (!at_end() && (!ends_word(s_[i_]) || ((peek() == '<' || peek() == '>') && peek(1) == '('))) {
    std::vector<RawWord> value;
    read_word(scope, owner, value, false);
    if (!value.empty()) assignment.value = std::move(value.front().word);
  }
  if (assignment.value.span == Span{}) assignment.value.span = text_.span(at + 1, i_);
  assignment.span = text_.span(begin, i_);
  return assignment;
}

std::uint32_t Reader::open_command(std::uint32_t scope, Stage stage, Join join, bool negated) {
  Command& command = script_.commands.emplace_back();
  command.scope = scope;
  command.stage = stage;
  command.join = join;
  command.negated = negated;
  return static_cast<std::uint32_t>(script_.commands.size() - 1);
}

std::uint32_t Reader::read_simple(std::uint32_t scope, Stage stage, Join join, bool negated) {
  const std::uint32_t index = open_command(scope, stage, join, negated);
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
  const std::uint32_t index = open_command(scope, stage, join, negated);
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

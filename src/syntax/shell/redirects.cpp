// Redirections, and the bodies of heredocs.
#include <algorithm>
#include <array>

#include "syntax/shell/characters.h"
#include "syntax/shell/reader.h"
#include "syntax/shell/unwrap.h"

namespace sluice::syntax::shell {

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

void Reader::read_scope_redirects(std::uint32_t scope) {
  for (;;) {
    skip_blanks();
    if (at_end() || !at_redirect()) return;
    const auto number = static_cast<std::uint32_t>(script_.scopes[scope].redirects.size());
    Redirect redirect = read_redirect(scope, scope, true, number);
    script_.scopes[scope].redirects.push_back(std::move(redirect));
  }
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

}  // namespace sluice::syntax::shell

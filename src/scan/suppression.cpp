#include "scan/suppression.h"

#include <algorithm>
#include <array>

namespace sluice::scan {
namespace {

constexpr std::string_view k_own_word = "sluice:ignore";
constexpr std::string_view k_peer_word = "nosem";
constexpr std::string_view k_blanks = " \t\r\n\f\v";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(k_blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(k_blanks) - begin + 1);
}

bool is_rule_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_' || c == ':' || c == '/';
}

// The first line of what follows the word, without the comment's closing delimiter.
std::string_view rest_of_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  for (const std::string_view closer : {"*/", "-->"}) {
    if (const std::size_t at = text.find(closer); at != std::string_view::npos) text = text.substr(0, at);
  }
  return trim(text);
}

// Takes "RULE, RULE,RULE" off the front of `text`.
std::vector<std::string> take_rules(std::string_view& text) {
  std::vector<std::string> rules;
  while (true) {
    std::size_t end = 0;
    while (end < text.size() && is_rule_byte(text[end])) ++end;
    if (end == 0) return rules;
    std::string_view rule = text.substr(0, end);
    while (rule.ends_with(':') || rule.ends_with('.')) rule.remove_suffix(1);  // "RULE: because …"
    if (!rule.empty()) rules.emplace_back(rule);
    text = trim(text.substr(end));
    if (!text.starts_with(',')) return rules;
    text = trim(text.substr(1));
  }
}

// "-- because …", ": because …" and "because …" are the same reason. A reason has at least one letter or
// digit.
std::string clean_reason(std::string_view text) {
  const std::size_t begin = text.find_first_not_of("-:=\t ");
  if (begin == std::string_view::npos) return {};
  text = trim(text.substr(begin));
  const bool says_something = std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
  });
  return says_something ? std::string(text) : std::string();
}

std::size_t line_start(std::string_view text, std::size_t at) {
  return at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
}

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

Span make_span(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

}  // namespace

bool mentions_suppression(std::string_view text) {
  return text.find(k_own_word) != std::string_view::npos || text.find(k_peer_word) != std::string_view::npos;
}

std::vector<CommentMark> mark_comments(std::string_view text, const std::vector<Span>& comments) {
  std::vector<CommentMark> marks;
  if (!mentions_suppression(text)) return marks;
  // From the last to the first, so that a comment above another suppression can take over its target.
  for (auto it = comments.rbegin(); it != comments.rend(); ++it) {
    if (!mentions_suppression(it->of(text))) continue;
    const std::size_t begin = line_start(text, it->begin);
    std::size_t end = line_end(text, it->end);
    const bool comment_has_line_end = it->end > it->begin && text[it->end - 1] == '\n';
    if (comment_has_line_end) end = it->end - 1;
    const bool alone = trim(text.substr(begin, it->begin - begin)).empty() &&
                       trim(text.substr(it->end, end > it->end ? end - it->end : 0)).empty();
    Span target = make_span(begin, end);
    if (alone && end < text.size()) {
      const std::size_t next = end + 1;
      target = make_span(next, line_end(text, next));
      if (!marks.empty() && target.begin <= marks.back().comment.begin &&
          marks.back().comment.begin <= target.end) {
        target = marks.back().target;
      }
    }
    marks.push_back({*it, target});
  }
  std::reverse(marks.begin(), marks.end());
  return marks;
}

std::vector<Span> line_comments(std::string_view text, std::string_view leader) {
  std::vector<Span> comments;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = line_end(text, begin);
    const std::size_t first = text.find_first_not_of(" \t", begin);
    if (first < end && text.substr(first).starts_with(leader)) comments.push_back(make_span(first, end));
    begin = end + 1;
  }
  return comments;
}

std::optional<Suppression> parse_suppression(std::string_view text, const CommentMark& mark) {
  const std::string_view comment = mark.comment.of(text);
  Suppression out;
  out.comment = mark.comment;
  out.target = mark.target;
  // The word must be the comment's first, so that prose about suppressions suppresses nothing.
  const std::size_t start = comment.find_first_not_of("#/*-;<!%'\" \t\r\n");
  if (start == std::string_view::npos) return std::nullopt;
  std::string_view rest = comment.substr(start);
  if (rest.starts_with(k_own_word)) {
    rest.remove_prefix(k_own_word.size());
    if (!rest.empty() && k_blanks.find(rest.front()) == std::string_view::npos) return std::nullopt;
    rest = rest_of_line(rest);
    out.rules = take_rules(rest);
    out.reason = clean_reason(rest);
    return out;
  }
  // Semgrep accepts its word anywhere in the comment.
  const std::size_t at = comment.find(k_peer_word);
  if (at == std::string_view::npos) return std::nullopt;
  rest = comment.substr(at + k_peer_word.size());
  if (rest.starts_with("grep")) rest.remove_prefix(4);
  out.own = false;
  if (!rest.empty() && is_rule_byte(rest.front()) && rest.front() != ':')
    return std::nullopt;  // "nosemantics"
  if (rest.starts_with(':')) {
    rest = rest_of_line(rest.substr(1));
    out.rules = take_rules(rest);
    if (out.rules.empty()) return std::nullopt;
  }
  out.reason = "nosemgrep";
  return out;
}

bool covers(const Suppression& suppression, Span finding) {
  const Span target = suppression.target;
  const auto inside = [target](std::uint32_t at) { return target.begin <= at && at <= target.end; };
  // Behind the last line of a statement stands the only place that a formatter leaves for a comment.
  return inside(finding.begin) || (target.contains(suppression.comment) && inside(finding.end));
}

bool names_rule(std::string_view named, std::string_view rule, const std::vector<std::string>& aliases) {
  if (named.empty()) return false;
  if (named == rule) return true;
  // Semgrep prints a rule's id behind its folder: "python.lang.my-rule" means "my-rule" too.
  if (named.size() > rule.size() && named.ends_with(rule) && named[named.size() - rule.size() - 1] == '.')
    return true;
  return std::any_of(aliases.begin(), aliases.end(), [named](std::string_view alias) {
    return named == alias || named == alias.substr(alias.find(':') + 1);
  });
}

}  // namespace sluice::scan

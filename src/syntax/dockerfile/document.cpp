#include "syntax/dockerfile/document.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

constexpr std::array<std::string_view, 18> k_keywords = {
    "ADD",   "ARG",        "CMD",     "COPY", "ENTRYPOINT", "ENV",        "EXPOSE", "FROM",   "HEALTHCHECK",
    "LABEL", "MAINTAINER", "ONBUILD", "RUN",  "SHELL",      "STOPSIGNAL", "USER",   "VOLUME", "WORKDIR",
};

}  // namespace

std::uint32_t LogicalText::source_offset(std::uint32_t offset) const {
  if (pieces.empty()) return 0;
  if (offset >= text.size()) return pieces.back().source.end;
  const auto after = std::upper_bound(pieces.begin(), pieces.end(), offset,
                                      [](std::uint32_t o, const Piece& p) { return o < p.logical; });
  const Piece& piece = *std::prev(after);
  return piece.source.begin + (offset - piece.logical);
}

std::uint32_t LogicalText::logical_offset(std::uint32_t source_offset) const {
  const auto piece = std::upper_bound(pieces.begin(), pieces.end(), source_offset,
                                      [](std::uint32_t o, const Piece& p) { return o < p.source.end; });
  if (piece == pieces.end()) return static_cast<std::uint32_t>(text.size());
  return piece->logical + (std::max(source_offset, piece->source.begin) - piece->source.begin);
}

Span LogicalText::span(LogicalRange range) const {
  const std::uint32_t begin = source_offset(range.begin);
  return range.empty() ? Span{begin, begin} : Span{begin, source_offset(range.end - 1) + 1};
}

std::vector<Span> LogicalText::spans(LogicalRange range) const {
  std::vector<Span> out;
  if (range.empty()) return out;
  auto piece = std::upper_bound(pieces.begin(), pieces.end(), range.begin,
                                [](std::uint32_t o, const Piece& p) { return o < p.logical; });
  for (--piece; piece != pieces.end() && piece->logical < range.end; ++piece) {
    const std::uint32_t from = std::max(range.begin, piece->logical) - piece->logical;
    const std::uint32_t to = std::min(range.end - piece->logical, piece->source.size());
    const Span part{piece->source.begin + from, piece->source.begin + to};
    if (!out.empty() && out.back().end == part.begin) {
      out.back().end = part.end;
    } else {
      out.push_back(part);
    }
  }
  return out;
}

LogicalText LogicalText::slice(LogicalRange range) const {
  LogicalText out;
  out.text = range.of(text);
  for (const Span& part : spans(range)) {
    const std::uint32_t logical =
        out.pieces.empty() ? 0 : out.pieces.back().logical + out.pieces.back().source.size();
    out.pieces.push_back({logical, part});
  }
  return out;
}

std::string Heredoc::stripped_content() const {
  if (!strip_tabs) return content;
  std::string out;
  bool line_start = true;
  for (const char c : content) {
    if (line_start && c == '\t') continue;
    out += c;
    line_start = c == '\n';
  }
  return out;
}

const Flag* Instruction::flag(std::string_view flag_name) const {
  const auto at =
      std::find_if(flags.begin(), flags.end(), [&](const Flag& f) { return f.name == flag_name; });
  return at == flags.end() ? nullptr : &*at;
}

std::optional<LogicalRange> Instruction::shell_command() const {
  if (json || words.empty()) return std::nullopt;
  if (keyword == Keyword::run || keyword == Keyword::cmd || keyword == Keyword::entrypoint)
    return words[0].range;
  if (keyword == Keyword::healthcheck && words.size() == 2 && to_upper(words[0].text) == "CMD")
    return words[1].range;
  return std::nullopt;
}

const Directive* Document::directive(std::string_view name) const {
  const auto at =
      std::find_if(directives.begin(), directives.end(), [&](const Directive& d) { return d.name == name; });
  return at == directives.end() ? nullptr : &*at;
}

std::string_view to_string(Keyword keyword) {
  const auto index = static_cast<std::size_t>(keyword);
  return index < k_keywords.size() ? k_keywords[index] : std::string_view{};
}

Keyword keyword_of(std::string_view name) {
  const std::string upper = to_upper(fold_keyword(name));
  const auto at = std::find(k_keywords.begin(), k_keywords.end(), upper);
  return static_cast<Keyword>(at - k_keywords.begin());
}

std::string_view to_string(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::no_instructions:
      return "no-instructions";
    case ProblemKind::invalid_escape:
      return "invalid-escape";
    case ProblemKind::duplicate_directive:
      return "duplicate-directive";
    case ProblemKind::unterminated_heredoc:
      return "unterminated-heredoc";
    case ProblemKind::bad_heredoc:
      return "bad-heredoc";
    case ProblemKind::json_not_strings:
      return "json-not-strings";
    case ProblemKind::missing_value:
      return "missing-value";
    case ProblemKind::missing_equals:
      return "missing-equals";
    case ProblemKind::unknown_instruction:
      return "unknown-instruction";
    case ProblemKind::unknown_flag:
      return "unknown-flag";
    case ProblemKind::duplicate_flag:
      return "duplicate-flag";
    case ProblemKind::flag_without_value:
      return "flag-without-value";
    case ProblemKind::bad_flag_value:
      return "bad-flag-value";
    case ProblemKind::missing_arguments:
      return "missing-arguments";
    case ProblemKind::wrong_arguments:
      return "wrong-arguments";
    case ProblemKind::onbuild_not_allowed:
      return "onbuild-not-allowed";
    case ProblemKind::long_line:
      return "long-line";
    case ProblemKind::too_large:
      return "too-large";
    case ProblemKind::unknown_directive:
      return "unknown-directive";
    case ProblemKind::late_directive:
      return "late-directive";
    case ProblemKind::empty_continuation:
      return "empty-continuation";
    case ProblemKind::trailing_continuation:
      return "trailing-continuation";
    case ProblemKind::json_fallback:
      return "json-fallback";
    case ProblemKind::unterminated_quote:
      return "unterminated-quote";
    case ProblemKind::nul_byte:
      return "nul-byte";
    case ProblemKind::invalid_utf8:
      return "invalid-utf8";
  }
  return "";
}

}  // namespace sluice::syntax::dockerfile

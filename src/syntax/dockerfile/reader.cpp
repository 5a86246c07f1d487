// The pass over the physical lines: directives, comments, joining, heredoc bodies. What a joined line means
// is instruction.cpp's.
#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "base/ascii.h"
#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/heredoc.h"
#include "syntax/dockerfile/instruction.h"
#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

struct Line {
  Span content;            // without the newline and any carriage returns before it
  std::uint32_t next = 0;  // where the next line begins
};

bool is_directive_name(std::string_view name) {
  return name == "syntax" || name == "escape" || name == "check";
}

// At most two changed, missing, added or swapped letters away from a directive's name.
bool resembles_directive(std::string_view name) {
  const auto distance = [&](std::string_view wanted) {
    std::array<std::size_t, 8> row{0, 1, 2, 3, 4, 5, 6, 7};  // the directives' names are shorter
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= wanted.size(); ++j) {
        const std::size_t above = row[j];
        row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (name[i - 1] == wanted[j - 1] ? 0u : 1u)});
        diagonal = above;
      }
    }
    return row.at(wanted.size());
  };
  if (name.size() > 16) return false;
  return std::min({distance("syntax"), distance("escape"), distance("check")}) <= 2;
}

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  Document run() {
    if (source_.size() > UINT32_MAX) {
      out_.problems.push_back(
          {ProblemKind::too_large, {0, 0}, "the file is larger than 4 GiB; it is not read"});
      return std::move(out_);
    }
    check_bytes();
    if (source_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
    shebang_ = source_.substr(at_, 2) == "#!";
    while (const auto line = next_line()) first_line(*line);
    if (out_.instructions.empty()) {
      const auto end = static_cast<std::uint32_t>(source_.size());
      out_.problems.push_back(
          {ProblemKind::no_instructions, {end, end}, "there are no instructions in this file"});
    }
    std::sort(out_.problems.begin(), out_.problems.end(), [](const Problem& a, const Problem& b) {
      return std::tie(a.span.begin, a.kind, a.message) < std::tie(b.span.begin, b.kind, b.message);
    });
    return std::move(out_);
  }

 private:
  void check_bytes() {
    if (const auto at = source_.find('\0'); at != std::string_view::npos)
      byte_problem(ProblemKind::nul_byte, at, "NUL byte");
    if (const auto at = find_invalid_utf8(source_); at != std::string_view::npos) {
      byte_problem(ProblemKind::invalid_utf8, at, "invalid UTF-8");
    }
  }

  void byte_problem(ProblemKind kind, std::size_t at, std::string message) {
    const auto begin = static_cast<std::uint32_t>(at);
    out_.problems.push_back({kind, {begin, begin + 1}, "the text has a " + std::move(message)});
  }

  std::optional<Line> next_line() {
    if (at_ >= source_.size()) return std::nullopt;
    const auto newline = source_.find('\n', at_);
    const auto end = static_cast<std::uint32_t>(newline == std::string_view::npos ? source_.size() : newline);
    Line line{{at_, end}, newline == std::string_view::npos ? end : end + 1};
    if (line.content.size() > k_max_line_bytes) {
      out_.problems.push_back({ProblemKind::long_line, line.content, "the line is longer than 65535 bytes"});
    }
    while (!line.content.empty() && source_[line.content.end - 1] == '\r') --line.content.end;
    at_ = line.next;
    return line;
  }

  [[nodiscard]] Span trimmed_left(Span span) const {
    const LogicalRange range = trim_left(source_, {span.begin, span.end});
    return {range.begin, range.end};
  }

  // A comment line is one whose first character is '#'; `span` is trimmed on the left.
  [[nodiscard]] bool is_comment(Span span) const { return !span.empty() && source_[span.begin] == '#'; }

  void add_comment(Span span, bool inside) {
    out_.comments.push_back({span, std::string(trimmed(Span{span.begin + 1, span.end}.of(source_))), inside});
  }

  void first_line(const Line& line) {
    const Span text = trimmed_left(line.content);
    const bool comment = is_comment(text);
    if (!comment) directives_open_ = after_shebang_ = false;
    if (comment && !directive(text)) add_comment(text, false);
    if (comment || text.empty()) return;
    instruction(text);
  }

  // "# name = value". True if it counts as a directive.
  bool directive(Span text) {
    if (shebang_) {  // the builder looks for syntax and check also below a "#!" line, but not for escape
      shebang_ = directives_open_ = false;
      after_shebang_ = true;
      return false;
    }
    Directive found;
    const bool matches = match_directive(text, found);
    const bool valid = matches && is_directive_name(found.name);
    const bool open = directives_open_ || (after_shebang_ && found.name != "escape");
    if (open && valid) {
      if (out_.directive(found.name) != nullptr) {
        out_.problems.push_back({ProblemKind::duplicate_directive, found.span,
                                 "only one " + found.name + " directive can be used"});
        return true;
      }
      if (found.name == "escape") set_escape(found);
      out_.directives.push_back(std::move(found));
      return true;
    }
    if (valid && out_.instructions.empty()) {
      out_.problems.push_back({ProblemKind::late_directive, found.span,
                               "this " + found.name + " directive comes too late and is only a comment"});
    } else if (matches && open && resembles_directive(found.name)) {
      out_.problems.push_back(
          {ProblemKind::unknown_directive, found.span, "unknown directive " + found.name});
    }
    directives_open_ = false;
    after_shebang_ = after_shebang_ && valid;
    return false;
  }

  bool match_directive(Span text, Directive& found) const {
    const auto blank = [&](std::uint32_t at) {
      return std::string_view(" \t\n\f\r").find(source_[at]) != std::string_view::npos;
    };
    const auto letter = [&](std::uint32_t at) {
      const char c = source_[at];
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    const Span rest = trimmed_left({text.begin + 1, text.end});
    std::uint32_t at = rest.begin;
    while (at < rest.end && (letter(at) || (at > rest.begin && source_[at] >= '0' && source_[at] <= '9')))
      ++at;
    found.name_span = {rest.begin, at};
    if (found.name_span.empty()) return false;
    while (at < rest.end && blank(at)) ++at;
    if (at >= rest.end || source_[at] != '=') return false;
    ++at;
    std::uint32_t end = rest.end;
    while (at < end && blank(at)) ++at;
    if (at == end && end > 0 && blank(end - 1))
      --at;  // a value there must be: the last blank, if there is nothing else
    if (at == end) return false;
    while (end > at + 1 && blank(end - 1)) --end;
    found.value_span = {at, end};
    found.name = to_lower(found.name_span.of(source_));
    found.value = found.value_span.of(source_);
    found.span = {text.begin, end};
    return true;
  }

  void set_escape(const Directive& found) {
    if (found.value == "\\" || found.value == "`") {
      out_.escape = found.value[0];
      return;
    }
    out_.problems.push_back(
        {ProblemKind::invalid_escape, found.value_span, "the escape character must be \\ or `"});
  }

  // Cuts off an escape character at the end (blanks may follow it, another one may not precede it). True if
  // there was one.
  bool cut_continuation(Span& text) const {
    std::uint32_t end = text.end;
    while (end > text.begin && (source_[end - 1] == ' ' || source_[end - 1] == '\t')) --end;
    if (end == text.begin || source_[end - 1] != out_.escape) return false;
    if (end - 1 > text.begin && source_[end - 2] == out_.escape) return false;
    text.end = end - 1;
    return true;
  }

  static void append(LogicalText& line, std::string_view source, Span part) {
    if (part.empty()) return;
    line.pieces.push_back({static_cast<std::uint32_t>(line.text.size()), part});
    line.text += part.of(source);
  }

  void instruction(Span text) {
    LogicalText joined;
    const std::uint32_t begin = text.begin;
    std::uint32_t end = text.end;  // of the last line that is part of it
    bool open = cut_continuation(text);
    append(joined, source_, text);
    std::optional<Span> empty_line;
    while (open) {
      const auto line = next_line();
      if (!line) break;
      const Span stripped = trimmed_left(line->content);
      if (is_comment(stripped)) {
        add_comment(stripped, true);
      } else if (stripped.empty()) {
        if (!empty_line) empty_line = line->content;
      } else {
        Span part = line->content;
        end = part.end;
        open = cut_continuation(part);
        append(joined, source_, part);
      }
    }
    if (empty_line) {
      out_.problems.push_back({ProblemKind::empty_continuation, *empty_line, "empty continuation line"});
    }
    if (open) {
      out_.problems.push_back(
          {ProblemKind::trailing_continuation, {end - 1, end}, "the file ends in a continued instruction"});
    }
    finish(std::move(joined), begin, end);
  }

  void finish(LogicalText joined, std::uint32_t begin, std::uint32_t end) {
    const bool nothing = joined.text.empty();  // a lone escape character at the end of the file
    const std::size_t known = out_.problems.size();
    Instruction made = make_instruction(std::move(joined), out_.escape, out_.problems);
    if (nothing) {
      made.span = made.keyword_span = {begin, begin};
      for (std::size_t i = known; i < out_.problems.size(); ++i) out_.problems[i].span = {begin, end};
    }
    const LogicalRange trimmed_end = trim(source_, {begin, end});
    made.span.end = std::max(made.span.begin, trimmed_end.end);
    read_heredocs(made);
    if (made.child) made.child->span.end = std::max(made.child->span.end, made.span.end);
    out_.instructions.push_back(std::move(made));
  }

  // ADD, COPY and RUN that are not in JSON form have heredocs, also right under ONBUILD.
  void read_heredocs(Instruction& made) {
    Instruction& owner = made.keyword == Keyword::onbuild && made.child ? *made.child : made;
    const bool can =
        owner.keyword == Keyword::add || owner.keyword == Keyword::copy || owner.keyword == Keyword::run;
    if (!can || owner.json) return;
    bool bad = false;
    // The whole line is searched, so ranges are in the outer line.
    std::vector<HeredocWord> words = heredoc_words(made.line.text, bad);
    if (bad) {
      out_.problems.push_back(
          {ProblemKind::bad_heredoc, made.span, "a heredoc word of this instruction cannot be read"});
      return;
    }
    const std::uint32_t shift = made.line.all().end - owner.line.all().end;
    for (HeredocWord& word : words) {
      Heredoc heredoc;
      heredoc.name = std::move(word.name);
      heredoc.fd = word.fd;
      heredoc.strip_tabs = word.strip_tabs;
      heredoc.expand = word.expand;
      heredoc.marker = made.line.span(word.range);
      heredoc.marker_range = {std::max(word.range.begin, shift) - shift,
                              std::max(word.range.end, shift) - shift};
      read_body(heredoc);
      made.span.end = std::max(made.span.end, heredoc.terminated ? heredoc.terminator.end : heredoc.body.end);
      owner.heredocs.push_back(std::move(heredoc));
    }
  }

  void read_body(Heredoc& heredoc) {
    heredoc.body = {at_, at_};
    heredoc.terminated = false;
    while (const auto line = next_line()) {
      Span text = line->content;
      while (heredoc.strip_tabs && !text.empty() && source_[text.begin] == '\t') ++text.begin;
      if (text.of(source_) == heredoc.name) {
        heredoc.terminated = true;
        heredoc.terminator = line->content;
        break;
      }
      heredoc.body.end = line->next;
    }
    heredoc.content = heredoc.body.of(source_);
    if (!heredoc.terminated) {
      heredoc.terminator = {heredoc.body.end, heredoc.body.end};
      out_.problems.push_back(
          {ProblemKind::unterminated_heredoc, heredoc.marker, "the heredoc " + heredoc.name + " never ends"});
    }
  }

  std::string_view source_;
  std::uint32_t at_ = 0;
  bool directives_open_ = true;
  bool shebang_ = false;
  bool after_shebang_ = false;
  Document out_;
};

}  // namespace

Document parse_document(std::string_view source) {
  return Reader(source).run();
}

}  // namespace sluice::syntax::dockerfile

// Document: a Dockerfile exactly as BuildKit's front end reads it, with the byte range of everything.
//
// Built by one exact pass over the text (reader.cpp), not from the tree-sitter tree: what BuildKit reads
// depends on directives, joined lines and JSON validity, which no context-free grammar knows. The grammar in
// plugins/grammars/dockerfile serves rules and `sluice debug tree`; a test holds the two to the same
// instructions.
//
// A document never fails as a whole: what is unknown or refused becomes a Problem and reading goes on. All
// spans are byte ranges of the source given to parse_document, which must outlive nothing here: a Document
// owns its texts. Immutable after parse_document; may be read from several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"

namespace sluice::syntax::dockerfile {

// A half-open range of bytes of a logical line (not of the source).
struct LogicalRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] std::uint32_t size() const { return end - begin; }
  [[nodiscard]] bool empty() const { return begin == end; }
  [[nodiscard]] std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  friend bool operator==(const LogicalRange&, const LogicalRange&) = default;
};

// Text joined from pieces of the source: escape+newline, comment lines and blank lines are gone, blanks on
// the left of continuation lines are kept.
struct LogicalText {
  struct Piece {
    std::uint32_t logical = 0;  // where the piece begins in `text`
    Span source;                // non-empty, ascending, disjoint; same size in `text`
    friend bool operator==(const Piece&, const Piece&) = default;
  };
  std::string text;
  std::vector<Piece> pieces;

  [[nodiscard]] LogicalRange all() const { return {0, static_cast<std::uint32_t>(text.size())}; }
  // Source offset of the byte at `offset`; at or past the end, the end of the last piece.
  [[nodiscard]] std::uint32_t source_offset(std::uint32_t offset) const;
  // Logical offset of a source byte, or of the next one that is in the text (text.size() if none).
  [[nodiscard]] std::uint32_t logical_offset(std::uint32_t source_offset) const;
  // From the first to the last byte, with whatever lies between (escapes, newlines, comments). An empty range
  // maps to an empty span.
  [[nodiscard]] Span span(LogicalRange range) const;
  // The source bytes of the range only, piece by piece; touching pieces are merged.
  [[nodiscard]] std::vector<Span> spans(LogicalRange range) const;
  [[nodiscard]] LogicalText slice(LogicalRange range) const;
};

// One word of an instruction.
struct Word {
  std::string
      text;   // as BuildKit keeps it: quotes and escapes as written; of a JSON item, the decoded string
  Span span;  // in the source, quotes included; may have continuations inside
  LogicalRange range;  // in Instruction::line
};

// "--mount=type=secret,id=x" → {type, secret}, {id, x}; only of --mount.
struct FlagOption {
  std::string name;                  // lower case
  std::optional<std::string> value;  // none: "rw"
  Span span;
  Span value_span;  // empty if none
};

struct Flag {
  std::string text;                  // "--from=build", unquoted as BuildKit does
  std::string name;                  // "from", as written
  std::optional<std::string> value;  // none: "--link"
  Span span;
  Span name_span;   // without the dashes
  Span value_span;  // as written, with quotes; empty if none
  LogicalRange range;
  bool known = true;  // is a flag of this instruction
  std::vector<FlagOption> options;
};

// A pair of ENV, LABEL or ARG.
struct KeyValue {
  enum class Form : std::uint8_t {
    equals,    // key=value
    legacy,    // key value (the whole rest of the line is the value)
    key_only,  // ARG name
  };
  std::string key;    // quotes and escapes as written (see unquote in lex.h)
  std::string value;  // the same; "" for key_only
  Form form = Form::equals;
  Span span;
  Span key_span;
  Span value_span;  // empty at the end of the key for key_only
  LogicalRange key_range;
  LogicalRange value_range;
};

struct Heredoc {
  std::string name;         // terminator: "EOF"
  std::uint32_t fd = 0;     // "3<<EOF" → 3; 0 if not written
  bool strip_tabs = false;  // <<-
  bool expand = true;       // false when a part of the name is quoted
  bool terminated = true;
  Span marker;  // "<<-EOF" in the instruction
  LogicalRange marker_range;
  Span body;            // whole lines, without the terminator line
  Span terminator;      // the terminator's line without its newline; empty if not terminated
  std::string content;  // the body as written; leading tabs are kept also for <<- (see stripped_content)
  [[nodiscard]] std::string stripped_content() const;  // what the build sees: without leading tabs for <<-
};

enum class Keyword : std::uint8_t {
  add,
  arg,
  cmd,
  copy,
  entrypoint,
  env,
  expose,
  from,
  healthcheck,
  label,
  maintainer,
  onbuild,
  run,
  shell,
  stopsignal,
  user,
  volume,
  workdir,
  unknown,
};

struct Instruction {
  Keyword keyword = Keyword::unknown;
  std::string keyword_text;  // as written: "run"
  std::string name;          // upper case: "RUN", "RUM"
  Span keyword_span;
  Span span;  // keyword to the last byte, heredocs with their terminators included, without the newline
  LogicalText line;        // the joined line, from the keyword on (for an ONBUILD child: from its keyword on)
  LogicalRange arguments;  // in `line`: after keyword and flags, blanks trimmed
  std::vector<Flag> flags;

  // The arguments, split as BuildKit splits them for this instruction:
  //   FROM EXPOSE ADD COPY VOLUME   at blanks (or JSON items)
  //   RUN CMD ENTRYPOINT SHELL      the whole text as one word (or JSON items)
  //   HEALTHCHECK                   the type, then the rest as one word (or JSON items)
  //   USER WORKDIR STOPSIGNAL MAINTAINER   the whole text as one word
  //   ARG                           quoted words; also in `pairs`
  //   ENV LABEL                     none: see `pairs`;  ONBUILD: none: see `child`;  unknown: none
  std::vector<Word> words;
  bool json = false;                   // words (after HEALTHCHECK's type) are items of a JSON array
  std::vector<KeyValue> pairs;         // ENV, LABEL, ARG
  std::vector<Heredoc> heredocs;       // in order; of ONBUILD's child they are in the child
  std::unique_ptr<Instruction> child;  // ONBUILD

  [[nodiscard]] std::string_view arguments_text() const { return arguments.of(line.text); }
  [[nodiscard]] Span arguments_span() const { return line.span(arguments); }
  [[nodiscard]] const Flag* flag(std::string_view flag_name) const;  // first of that name, or null
  // The shell-form command in `line` of RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD; none for JSON or without
  // arguments.
  [[nodiscard]] std::optional<LogicalRange> shell_command() const;
};

struct Directive {
  std::string name;   // lower case: "syntax", "escape", "check"
  std::string value;  // without blanks around it
  Span span;          // from '#' to the last byte of the value
  Span name_span;
  Span value_span;
};

struct Comment {
  Span span;            // from '#' to the end of the line, without the newline
  std::string text;     // after '#', trimmed
  bool inside = false;  // inside a continued instruction
};

enum class ProblemKind : std::uint8_t {
  // BuildKit refuses the file:
  no_instructions,  // empty, or comments only
  invalid_escape,   // escape directive with another value than \ or `
  duplicate_directive,
  unterminated_heredoc,
  bad_heredoc,       // a heredoc word that cannot be read
  json_not_strings,  // a JSON array with something else than strings
  missing_value,     // ENV or LABEL key without a value
  missing_equals,    // ENV a=1 b
  unknown_instruction,
  unknown_flag,
  duplicate_flag,
  flag_without_value,   // --from
  bad_flag_value,       // --link=maybe
  missing_arguments,    // ENV alone, COPY without a destination
  wrong_arguments,      // FROM a b, SHELL not in JSON form, a blank ENV name
  onbuild_not_allowed,  // ONBUILD ONBUILD, FROM, MAINTAINER
  long_line,            // a physical line over 64 KiB - 1
  too_large,            // source over 4 GiB, or ONBUILD nested too deep: not read
  // It reads it, perhaps not as meant:
  unknown_directive,      // "# sintax=…" at the top, which also ends the directives
  late_directive,         // "# syntax=…" after the place where it counts
  empty_continuation,     // a blank line inside a continued instruction
  trailing_continuation,  // the file ends in the middle of a continued instruction
  json_fallback,          // begins with '[' but is no JSON: silently shell form
  unterminated_quote,     // an ENV, LABEL or ARG word, or a flag, whose quote never closes
  nul_byte,
  invalid_utf8,
};

struct Problem {
  ProblemKind kind = ProblemKind::no_instructions;
  Span span;
  std::string message;  // lower case, no full stop, without the path
  [[nodiscard]] bool refused() const {
    return kind <= ProblemKind::too_large;
  }  // BuildKit would not build it
};
[[nodiscard]] std::string_view to_string(ProblemKind kind);  // "unknown-instruction"
[[nodiscard]] std::string_view to_string(Keyword keyword);   // "RUN"; "" for unknown
[[nodiscard]] Keyword keyword_of(std::string_view name);     // any case

struct Document {
  std::vector<Directive> directives;  // those that count
  char escape = '\\';
  std::vector<Instruction> instructions;
  std::vector<Comment> comments;  // all, in order, without the directives
  std::vector<Problem> problems;  // sorted by place
  [[nodiscard]] const Directive* directive(std::string_view name) const;  // or null
};

inline constexpr std::uint32_t k_max_line_bytes =
    64 * 1024 - 1;  // BuildKit's limit: a longer line is a Problem
inline constexpr std::uint32_t k_max_onbuild_depth = 16;

[[nodiscard]] Document parse_document(std::string_view source);

}  // namespace sluice::syntax::dockerfile

// Suppression comments: exceptions that stand in the source, beside what they excuse.
//
//   # sluice:ignore RULE[,RULE…] reason…        also behind //, --, ; and inside /* */ and <!-- -->
//   # nosemgrep: rule-id                         Semgrep's own, for rules loaded from Semgrep-format files
//   only
//
// A comment beside code speaks of its own line; one that stands alone speaks of the first line below it that
// is not such a comment too. A rule is named by its id or by a peer's id among its aliases ("hadolint:DL3006"
// or "DL3006"). A reason is required by ours: without it nothing is suppressed and the comment itself becomes
// a finding. Suppressed findings stay in the report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"

namespace sluice::scan {

// A comment that may suppress, and what it speaks of. Made where the text is parsed, read by the parent.
struct CommentMark {
  Span comment;  // the comment's text, its delimiters included or not
  Span
      target;  // findings that start in here are meant; also those that end here, if the comment stands in it
  friend bool operator==(const CommentMark&, const CommentMark&) = default;
};

// True if the text holds the word of a suppression ("sluice:ignore" or "nosem"): cheap, for skipping most
// files.
[[nodiscard]] bool mentions_suppression(std::string_view text);

// The marks of `comments` (ascending spans of whole comments) that mention a suppression, with their targets
// by line.
[[nodiscard]] std::vector<CommentMark> mark_comments(std::string_view text,
                                                     const std::vector<Span>& comments);

// Whole-line comments of a text without a syntax tree: lines whose first non-blank characters are `leader`.
[[nodiscard]] std::vector<Span> line_comments(std::string_view text, std::string_view leader);

struct Suppression {
  Span comment;
  Span target;
  bool own = true;                 // sluice:ignore; false for nosemgrep
  std::vector<std::string> rules;  // empty: of ours, none was named; of nosemgrep, every rule
  std::string reason;              // empty: none given
};

// What a comment says; nothing if it only mentions the word.
[[nodiscard]] std::optional<Suppression> parse_suppression(std::string_view text, const CommentMark& mark);

// Whether the suppression's place is the finding's; its rules are not looked at.
[[nodiscard]] bool covers(const Suppression& suppression, Span finding);

// Whether `named` (in a suppression) means the rule with this id and these aliases.
[[nodiscard]] bool names_rule(std::string_view named, std::string_view rule,
                              const std::vector<std::string>& aliases);

}  // namespace sluice::scan

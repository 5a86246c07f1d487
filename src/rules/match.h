// Running a RuleSet over one file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "rules/rule_set.h"
#include "syntax/tree.h"

namespace sluice::rules {

// Steps of the matcher for one rule on one file; some seconds at the worst.
inline constexpr std::uint64_t k_max_match_steps = 20'000'000;

// The file to look at. Everything is borrowed for the call.
struct Target {
  std::string_view path;               // relative to the scanned root, for `paths` of rules
  std::string_view text;               // the file; equals tree->source() when there is a tree
  const syntax::Tree* tree = nullptr;  // null: only rules for plain text (`languages: [regex]`) run
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::uint64_t max_steps = k_max_match_steps;
};

struct BoundMetavariable {
  std::string name;  // "$X"
  Span span;
  std::string text;
};

struct MatchStep {
  Span span;
  std::string message;
};

struct Match {
  std::size_t rule = 0;  // index in the RuleSet
  Span span;
  std::string message;                           // metavariables filled in
  std::vector<BoundMetavariable> metavariables;  // sorted by name
  std::vector<MatchStep> trace;                  // of taint: source, steps, sink
  std::optional<std::string> fix;                // text to put in place of the span
};

// A rule that could not be run to its end on this file: a limit of the matcher or of a regex, or the
// deadline.
struct MatchProblem {
  std::size_t rule = 0;
  std::string reason;
};

struct MatchResult {
  std::vector<Match> matches;          // sorted by (span, rule); one for each rule and span
  std::vector<MatchProblem> problems;  // to be recorded as failed coverage
};

// Matches every rule of the set whose languages and paths fit. `only`, if not empty, restricts to these rule
// indices.
[[nodiscard]] MatchResult match(const RuleSet& rules, const Target& target,
                                std::span<const std::size_t> only = {});

}  // namespace sluice::rules

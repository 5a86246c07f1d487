// Runs one rule over one text, for tests that show both on one screen.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "rules/match.h"

namespace sluice::rules::test {

struct Outcome {
  std::vector<Coverage> load_problems;
  MatchResult result;
  std::vector<std::string> texts;    // of the matches
  std::vector<std::uint32_t> lines;  // where the matches begin, ascending, each once
};

// `body` is what stands below the rule's head, indented by nothing.
inline std::string rule_yaml(std::string_view language, std::string_view body) {
  std::string yaml =
      "rules:\n- id: test\n  languages: [" + std::string(language) + "]\n  severity: ERROR\n  message: m\n";
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    yaml += "  " + std::string(body.substr(0, end)) + "\n";
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return yaml;
}

inline Outcome run_yaml(const std::string& yaml, std::string_view grammar, std::string_view text,
                        std::string_view path = "file", std::uint64_t max_steps = k_max_match_steps) {
  const RuleSource source{"rule.yaml", yaml};
  const LoadedRules loaded = load({&source, 1});
  Outcome outcome;
  outcome.load_problems = loaded.problems;
  syntax::Parser parser;
  Target target;
  target.path = path;
  target.text = text;
  target.max_steps = max_steps;
  auto tree = parser.parse(*syntax::find_language(grammar), text);
  if (tree) target.tree = &*tree;
  outcome.result = match(loaded.rules, target);
  // Matches come in order, so lines are counted on the way: hostile texts are one long line.
  std::size_t at = 0;
  std::uint32_t line = 1;
  for (const Match& found : outcome.result.matches) {
    for (; at < found.span.begin; ++at) line += text[at] == '\n' ? 1U : 0U;
    outcome.texts.emplace_back(found.span.of(text));
    outcome.lines.push_back(line);
  }
  std::sort(outcome.lines.begin(), outcome.lines.end());
  outcome.lines.erase(std::unique(outcome.lines.begin(), outcome.lines.end()), outcome.lines.end());
  return outcome;
}

inline Outcome run(std::string_view language, std::string_view body, std::string_view text) {
  return run_yaml(rule_yaml(language, body), language, text);
}

// The lines that a single pattern matches; fails loudly (line 0) if the rule has a problem.
inline std::vector<std::uint32_t> lines_of(std::string_view language, std::string_view pattern,
                                           std::string_view text) {
  std::string body = "pattern: |\n";
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find('\n'), pattern.size());
    body += "  " + std::string(pattern.substr(0, end)) + "\n";
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  const Outcome outcome = run(language, body, text);
  if (!outcome.load_problems.empty() || !outcome.result.problems.empty()) return {0};
  return outcome.lines;
}

using Lines = std::vector<std::uint32_t>;

}  // namespace sluice::rules::test

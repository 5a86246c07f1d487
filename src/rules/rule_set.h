// RuleSet: rules in Semgrep's YAML format, loaded, checked and compiled. Immutable and cheap to copy; may be
// used from several threads and after fork.
//
// Unknown is never clean: a rule that cannot be run as written is not dropped but becomes a problem, which
// the caller records as coverage.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sluice/coverage.h"
#include "sluice/finding.h"
#include "sluice/report.h"

namespace sluice::rules {

// One rule file. The bytes need to live during load() only.
struct RuleSource {
  std::string path;  // for messages
  std::string_view bytes;
};

// What is known of a rule without running it. The Semgrep keys map so: `severity` ERROR → high, WARNING →
// medium, INFO → low (CRITICAL/HIGH/MEDIUM/LOW as named, CRITICAL → high); `metadata.cwe`, `references`,
// `confidence`; of our own packs also `metadata.title`, `why`, `help`, `aliases`.
struct RuleHead {
  RuleInfo info;
  Confidence confidence = Confidence::medium;
  std::string path;  // of the rule file
  std::vector<std::string>
      languages;                   // canonical names, sorted: "javascript", "python", "typescript"; "regex"
  bool fix_is_suggestion = false;  // metadata says `fix-tier: suggestion`: its fix is shown, never applied
};

struct Rule;  // rule.h

class RuleSet {
 public:
  RuleSet() = default;
  explicit RuleSet(std::shared_ptr<const std::vector<Rule>> rules);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const RuleHead& head(std::size_t rule) const;
  // True if some rule can run on a file of this language (syntax::Language name; "" = any text file) at this
  // path.
  [[nodiscard]] bool wants(std::string_view language, std::string_view path) const;

  [[nodiscard]] const std::vector<Rule>& rules() const;  // for match.cpp and tests

 private:
  std::shared_ptr<const std::vector<Rule>> rules_;
};

struct LoadedRules {
  RuleSet rules;
  std::vector<Coverage>
      problems;  // status failed, analyser "rules", path of the rule file, reason with rule and feature
};

struct LoadOptions {
  // Only rules for these grammars (syntax::Language names) and for plain text are loaded and compiled, so
  // that a run pays for the languages it meets and no others; a rule left out so is no problem. Absent: all.
  std::optional<std::vector<std::string>> grammars;
};

// Loads all sources; one bad rule spoils no other. Never fails as a whole. Rule ids must be unique over all
// sources.
[[nodiscard]] LoadedRules load(std::span<const RuleSource> sources, const LoadOptions& options = {});

}  // namespace sluice::rules

// Reading one rule out of YAML into the IR; no pattern is compiled here.
#pragma once

#include "base/decode.h"
#include "base/yaml.h"
#include "rules/rule.h"

namespace sluice::rules {

// Codes: config.*, rule.unsupported (a feature of Semgrep that this engine cannot run), rule.regex,
// rule.comparison.
[[nodiscard]] Result<Rule> read_rule(const decode::Document& document, const yaml::Node& node);

// The formula of a mapping with `pattern`, `patterns`, `pattern-either`, `pattern-regex`, …
class FormulaReader {
 public:
  FormulaReader(const decode::Document& document, Rule& rule) : document_(document), rule_(rule) {}

  // The formula operators of `node`; other keys are the caller's. Fails if there is none or more than one.
  [[nodiscard]] Result<Formula> formula(const yaml::Node& node, const std::vector<std::string_view>& others);
  [[nodiscard]] Result<std::uint32_t> metavariable(const yaml::Node& node);
  [[nodiscard]] Error error(const yaml::Node& at, std::string message) const;
  [[nodiscard]] Error unsupported(const yaml::Node& at, std::string_view feature) const;

 private:
  [[nodiscard]] Result<Formula> operation(std::string_view key, const yaml::Node& value);
  [[nodiscard]] Result<Formula> nested(const yaml::Node& value);
  [[nodiscard]] Result<Formula> pattern(const yaml::Node& value);
  [[nodiscard]] Result<Formula> regex(const yaml::Node& value);
  [[nodiscard]] Result<Formula> all(const yaml::Node& value);
  [[nodiscard]] Result<Formula> any(const yaml::Node& value);
  [[nodiscard]] Result<Condition> condition(std::string_view key, const yaml::Node& value);
  [[nodiscard]] Result<Condition> condition_regex(const yaml::Node& value);
  [[nodiscard]] Result<Condition> condition_comparison(const yaml::Node& value);
  [[nodiscard]] Result<Condition> condition_type(const yaml::Node& value);
  [[nodiscard]] Result<Condition> condition_formula(const yaml::Node& value);
  [[nodiscard]] Result<std::vector<std::uint32_t>> focus(const yaml::Node& value);

  const decode::Document& document_;
  Rule& rule_;
  std::string language_;  // of the metavariable-pattern that is being read; empty outside
  bool relative_ =
      false;  // inside a metavariable-pattern negations may stand alone: they speak of the bound code
  int depth_ = 0;
};

}  // namespace sluice::rules

// The rule's inner form (IR): what load makes of the YAML and what evaluation runs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/comparison.h"
#include "rules/fix_regex.h"
#include "rules/paths.h"
#include "rules/pattern.h"
#include "rules/prefilter.h"
#include "rules/regex.h"
#include "rules/rule_set.h"

namespace sluice::rules {

struct Formula;

// A filter on what a match has bound.
struct Condition {
  enum class Kind : std::uint8_t { regex, comparison, formula, type };
  Kind kind = Kind::regex;
  std::uint32_t variable = k_no_variable;
  std::optional<Regex> regex;
  bool constant = false;  // look at the constant that a name stands for
  std::shared_ptr<const Comparison> comparison;
  std::shared_ptr<const Formula> formula;  // metavariable-pattern
  std::vector<std::string> types;          // metavariable-type: one of them
  std::string language;  // of `formula`, if the bound text is to be read in another language
};

struct Formula {
  enum class Kind : std::uint8_t { pattern, regex, all, any, inside, negation };
  Kind kind = Kind::all;
  std::size_t leaf = 0;  // of pattern: index in Rule::leaves; of regex: in Rule::regexes
  std::vector<Formula> children;
  // Of `all`: filters, and the metavariables to report instead of the whole; an entry with several is their
  // union.
  std::vector<Condition> conditions;
  std::vector<std::vector<std::uint32_t>> focus;
};

// A pattern text; `language` is empty for the rule's own.
struct Leaf {
  std::string text;
  std::string language;
};

struct RegexLeaf {
  Regex regex;
  std::vector<std::pair<std::size_t, std::uint32_t>> groups;  // group → metavariable
};

struct TaintSource {
  Formula formula;
  bool exact = false;           // only the matched term itself, not what is inside it
  bool by_side_effect = false;  // the matched variable stays tainted from then on
  std::string label;            // "" = the only label
  std::string requires_;
};

struct TaintSink {
  Formula formula;
  std::string requires_;
  bool at_exit = false;
  bool exact = true;
};

struct TaintSanitizer {
  Formula formula;
  bool exact = false;
  bool by_side_effect = false;
  bool not_conflicting = false;
};

struct TaintPropagator {
  Formula formula;
  std::uint32_t from = k_no_variable;
  std::uint32_t to = k_no_variable;
};

struct TaintSpec {
  std::vector<TaintSource> sources;
  std::vector<TaintSink> sinks;
  std::vector<TaintSanitizer> sanitizers;
  std::vector<TaintPropagator> propagators;
};

struct RuleOptions {
  bool symbolic_propagation = false;
  bool assume_safe_booleans = false;
  bool assume_safe_numbers = false;
  bool assume_safe_functions = false;
  bool assume_safe_indexes = false;
  bool unify_metavariables = false;
  bool focus_on_source = false;
};

// The patterns of a rule for one family of languages, by leaf; a leaf of another language is compiled for
// that one.
struct CompiledRule {
  std::vector<Pattern> patterns;
  Prefilter prefilter;
};

struct Rule {
  RuleHead head;
  std::string message;
  std::optional<std::string> fix;     // either this …
  std::optional<FixRegex> fix_regex;  // … or this, or neither
  Variables variables;
  std::vector<Leaf> leaves;
  std::vector<RegexLeaf> regexes;
  Formula formula;
  std::optional<TaintSpec> taint;
  RuleOptions options;
  PathFilter paths;
  bool any_text = false;  // `languages: [regex]`: any file
  std::map<std::string, std::shared_ptr<const CompiledRule>, std::less<>> compiled;  // by grammar name
  CompiledRule text_only;                                                            // for any_text
};

}  // namespace sluice::rules

#include <algorithm>
#include <array>

#include "rules/read_rule.h"

namespace sluice::rules {

namespace {

constexpr int k_max_depth = 40;  // of nested formulas

constexpr std::array<std::string_view, 9> k_operators = {
    "pattern",        "patterns",           "pattern-either",    "pattern-regex",       "pattern-not",
    "pattern-inside", "pattern-not-inside", "pattern-not-regex", "pattern-where-python"};

constexpr std::array<std::string_view, 5> k_conditions = {"metavariable-regex", "metavariable-comparison",
                                                          "metavariable-pattern", "metavariable-analysis",
                                                          "metavariable-type"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Formula make(Formula::Kind kind, Formula child) {
  Formula formula;
  formula.kind = kind;
  formula.children.push_back(std::move(child));
  return formula;
}

}  // namespace

Error FormulaReader::error(const yaml::Node& at, std::string message) const {
  return document_.error(at, "rule.syntax", std::move(message));
}

Error FormulaReader::unsupported(const yaml::Node& at, std::string_view feature) const {
  Error error = document_.error(at, "rule.unsupported", std::string(feature) + " is not supported");
  error.kind = ErrorKind::unsupported;
  return error;
}

Result<std::uint32_t> FormulaReader::metavariable(const yaml::Node& node) {
  if (node.kind != yaml::Kind::scalar || !is_metavariable(node.text)) {
    return fail(error(node, "\"" + node.text + "\" is no metavariable; they are written $NAME"));
  }
  return rule_.variables.index(node.text);
}

Result<Formula> FormulaReader::formula(const yaml::Node& node, const std::vector<std::string_view>& others) {
  if (node.kind != yaml::Kind::mapping) return fail(error(node, "expected a mapping with a pattern"));
  const yaml::Entry* found = nullptr;
  for (const yaml::Entry& entry : node.entries) {
    const std::string& key = entry.key.text;
    if (contains(k_operators, key)) {
      if (found != nullptr)
        return fail(error(entry.key, "\"" + key + "\" beside \"" + found->key.text + "\""));
      found = &entry;
    } else if (std::find(others.begin(), others.end(), key) == others.end()) {
      if (key == "match" || key == "taint" || key == "all" || key == "any" || key == "inside") {
        return fail(unsupported(entry.key, "the \"" + key + "\" syntax"));
      }
      return fail(error(entry.key, "unknown key \"" + key + "\""));
    }
  }
  if (found == nullptr) return fail(error(node, "no pattern"));
  return operation(found->key.text, found->value);
}

Result<Formula> FormulaReader::operation(std::string_view key, const yaml::Node& value) {
  if (++depth_ > k_max_depth) return fail(error(value, "patterns are nested too deep"));
  struct Leave {
    int& depth;
    ~Leave() { --depth; }
  } leave{depth_};
  if (key == "pattern") return pattern(value);
  if (key == "patterns") return all(value);
  if (key == "pattern-either") return any(value);
  if (key == "pattern-regex") return regex(value);
  if (key == "pattern-not") return make(Formula::Kind::negation, SLUICE_TRY(nested(value)));
  if (key == "pattern-inside") return make(Formula::Kind::inside, SLUICE_TRY(nested(value)));
  if (key == "pattern-not-inside") return make(Formula::Kind::negation, SLUICE_TRY(nested(value)));
  if (key == "pattern-not-regex") return make(Formula::Kind::negation, SLUICE_TRY(regex(value)));
  return fail(unsupported(value, key));
}

Result<Formula> FormulaReader::nested(const yaml::Node& value) {
  return value.kind == yaml::Kind::mapping ? formula(value, {}) : pattern(value);
}

Result<Formula> FormulaReader::pattern(const yaml::Node& value) {
  if (value.kind == yaml::Kind::mapping) return formula(value, {});
  if (value.kind != yaml::Kind::scalar) return fail(error(value, "a pattern must be a text"));
  Formula formula;
  formula.kind = Formula::Kind::pattern;
  formula.leaf = rule_.leaves.size();
  rule_.leaves.push_back({value.text, language_});
  return formula;
}

Result<Formula> FormulaReader::regex(const yaml::Node& value) {
  if (value.kind != yaml::Kind::scalar) return fail(error(value, "a regular expression must be a text"));
  auto compiled = Regex::compile(value.text, {.multiline = true, .anchored = false});
  if (!compiled) return fail(error(value, compiled.error().message));
  RegexLeaf leaf{std::move(*compiled), {}};
  for (std::size_t i = 1; i < 10; ++i) {
    // Only the groups that a condition or message may name; the text is searched for them when the rule is
    // complete.
    leaf.groups.emplace_back(i, rule_.variables.index("$" + std::to_string(i)));
  }
  for (const auto& [name, index] : leaf.regex.names()) {
    leaf.groups.emplace_back(index, rule_.variables.index("$" + name));
  }
  Formula formula;
  formula.kind = Formula::Kind::regex;
  formula.leaf = rule_.regexes.size();
  rule_.regexes.push_back(std::move(leaf));
  return formula;
}

Result<Formula> FormulaReader::any(const yaml::Node& value) {
  if (value.kind != yaml::Kind::sequence || value.items.empty())
    return fail(error(value, "expected a list of patterns"));
  Formula any;
  any.kind = Formula::Kind::any;
  for (const yaml::Node& item : value.items) any.children.push_back(SLUICE_TRY(formula(item, {})));
  return any;
}

Result<Formula> FormulaReader::all(const yaml::Node& value) {
  if (value.kind != yaml::Kind::sequence || value.items.empty())
    return fail(error(value, "expected a list of patterns"));
  Formula all;
  bool positive = false;
  for (const yaml::Node& item : value.items) {
    if (item.kind != yaml::Kind::mapping || item.entries.size() != 1) {
      return fail(error(item, "each item of \"patterns\" is a mapping with one key"));
    }
    const std::string& key = item.entries[0].key.text;
    const yaml::Node& inner = item.entries[0].value;
    if (key == "focus-metavariable") {
      all.focus.push_back(SLUICE_TRY(focus(inner)));
    } else if (contains(k_conditions, key)) {
      all.conditions.push_back(SLUICE_TRY(condition(key, inner)));
    } else if (contains(k_operators, key)) {
      all.children.push_back(SLUICE_TRY(operation(key, inner)));
      positive = positive || all.children.back().kind != Formula::Kind::negation;
    } else {
      return fail(error(item.entries[0].key, "unknown key \"" + key + "\""));
    }
  }
  if (!positive && !relative_)
    return fail(error(value, "\"patterns\" needs at least one pattern that is not a negation"));
  return all;
}

Result<std::vector<std::uint32_t>> FormulaReader::focus(const yaml::Node& value) {
  std::vector<std::uint32_t> variables;
  if (value.kind == yaml::Kind::sequence) {
    for (const yaml::Node& item : value.items) variables.push_back(SLUICE_TRY(metavariable(item)));
  } else {
    variables.push_back(SLUICE_TRY(metavariable(value)));
  }
  return variables;
}

Result<Condition> FormulaReader::condition(std::string_view key, const yaml::Node& value) {
  if (value.kind != yaml::Kind::mapping) return fail(error(value, "expected a mapping"));
  if (key == "metavariable-regex") return condition_regex(value);
  if (key == "metavariable-comparison") return condition_comparison(value);
  if (key == "metavariable-pattern") return condition_formula(value);
  if (key == "metavariable-type") return condition_type(value);
  return fail(unsupported(value, key));
}

Result<Condition> FormulaReader::condition_regex(const yaml::Node& value) {
  decode::Mapping mapping(document_, value, "metavariable-regex");
  Condition condition;
  const yaml::Node& variable = *SLUICE_TRY(mapping.required("metavariable"));
  condition.variable = SLUICE_TRY(metavariable(variable));
  const yaml::Node& regex = *SLUICE_TRY(mapping.required("regex"));
  condition.constant = SLUICE_TRY(mapping.optional_bool("constant-propagation", false));
  SLUICE_CHECK(mapping.finish());
  auto compiled = Regex::compile(regex.text, {.multiline = false, .anchored = true});
  if (!compiled) return fail(error(regex, compiled.error().message));
  condition.regex = std::move(*compiled);
  return condition;
}

Result<Condition> FormulaReader::condition_comparison(const yaml::Node& value) {
  decode::Mapping mapping(document_, value, "metavariable-comparison");
  Condition condition;
  condition.kind = Condition::Kind::comparison;
  const yaml::Node* variable = mapping.get("metavariable");
  if (variable != nullptr) condition.variable = SLUICE_TRY(metavariable(*variable));
  const yaml::Node& text = *SLUICE_TRY(mapping.required("comparison"));
  const auto base = SLUICE_TRY(mapping.optional_int("base", 0, 0, 36));
  const bool strip = SLUICE_TRY(mapping.optional_bool("strip", false));
  SLUICE_CHECK(mapping.finish());
  if (base != 0 || strip) {
    // Both are older ways of writing int($X, base) and of ignoring quotes; literals are read by prefix
    // anyway.
    if (base != 0 && base != 10 && base != 16 && base != 8 && base != 2)
      return fail(unsupported(value, "\"base\""));
  }
  auto parsed = Comparison::parse(text.text);
  if (!parsed) return fail(error(text, parsed.error().message));
  for (const std::string& name : parsed->metavariables()) static_cast<void>(rule_.variables.index(name));
  condition.comparison = std::make_shared<const Comparison>(std::move(*parsed));
  return condition;
}

Result<Condition> FormulaReader::condition_type(const yaml::Node& value) {
  decode::Mapping mapping(document_, value, "metavariable-type");
  Condition condition;
  condition.kind = Condition::Kind::type;
  const yaml::Node& variable = *SLUICE_TRY(mapping.required("metavariable"));
  condition.variable = SLUICE_TRY(metavariable(variable));
  condition.types = SLUICE_TRY(mapping.optional_strings("types"));
  if (const auto one = SLUICE_TRY(mapping.optional_string("type"))) condition.types.push_back(*one);
  SLUICE_CHECK(mapping.finish());
  if (condition.types.empty()) return fail(error(value, "metavariable-type needs \"type\""));
  return condition;
}

Result<Condition> FormulaReader::condition_formula(const yaml::Node& value) {
  Condition condition;
  condition.kind = Condition::Kind::formula;
  const yaml::Node* variable = value.find("metavariable");
  if (variable == nullptr) return fail(error(value, "metavariable-pattern needs \"metavariable\""));
  condition.variable = SLUICE_TRY(metavariable(*variable));
  const std::string outer = language_;
  if (const yaml::Node* language = value.find("language"); language != nullptr) {
    condition.language = canonical_language(language->text);
    if (condition.language.empty())
      return fail(error(*language, "unknown language \"" + language->text + "\""));
    language_ = condition.language;
  }
  const bool outer_relative = relative_;
  relative_ = true;
  auto formula = this->formula(value, {"metavariable", "language"});
  relative_ = outer_relative;
  language_ = outer;
  if (!formula) return fail(formula.error());
  condition.formula = std::make_shared<const Formula>(std::move(*formula));
  return condition;
}

}  // namespace sluice::rules

#include "rules/read_rule.h"

#include <algorithm>
#include <array>

#include "rules/taint_label.h"

namespace sluice::rules {

namespace {

// Keys of a rule that Semgrep knows and that do not change what matches.
constexpr std::array<std::string_view, 11> k_ignored = {
    "min-version", "max-version",  "version",        "equivalences",
    "product",     "validators",   "technical-debt", "r2c-internal-project-depends-on",
    "metrics",     "dependencies", "scopes"};
// Options that this engine follows by default, or that ask for analysis beyond one file, which no rule may
// rely on.
constexpr std::array<std::string_view, 9> k_harmless_options = {"interfile",
                                                                "constant_propagation",
                                                                "attr_expr",
                                                                "vardef_assign",
                                                                "arrow_is_function",
                                                                "implicit_ellipsis",
                                                                "xml_attrs_implicit_ellipsis",
                                                                "implicit_return",
                                                                "timeout"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<Severity> severity(FormulaReader& reader, const yaml::Node& node) {
  struct Name {
    std::string_view name;
    Severity severity;
  };
  static constexpr Name names[] = {
      {"ERROR", Severity::high},    {"WARNING", Severity::medium}, {"INFO", Severity::low},
      {"CRITICAL", Severity::high}, {"HIGH", Severity::high},      {"MEDIUM", Severity::medium},
      {"LOW", Severity::low},       {"INVENTORY", Severity::info}, {"EXPERIMENT", Severity::info}};
  for (const Name& known : names) {
    if (known.name == node.text) return known.severity;
  }
  return fail(reader.error(node, "unknown severity \"" + node.text +
                                     "\"; known are ERROR, WARNING, INFO, CRITICAL, HIGH, MEDIUM, LOW"));
}

// A text or a list of texts; anything else is left out, since metadata is free in form.
std::vector<std::string> texts(const yaml::Node* node) {
  std::vector<std::string> found;
  if (node == nullptr) return found;
  if (node->kind == yaml::Kind::scalar) found.push_back(node->text);
  for (const yaml::Node& item : node->items) {
    if (item.kind == yaml::Kind::scalar) found.push_back(item.text);
  }
  return found;
}

std::string text(const yaml::Node* node) {
  return node != nullptr && node->kind == yaml::Kind::scalar ? node->text : std::string{};
}

// "CWE-89: Improper …" → "CWE-89".
std::vector<std::string> cwe_ids(const yaml::Node* node) {
  std::vector<std::string> ids;
  for (const std::string& entry : texts(node)) {
    if (!entry.starts_with("CWE-")) continue;
    const std::size_t end = std::min(entry.find_first_not_of("0123456789", 4), entry.size());
    if (end > 4) ids.push_back(entry.substr(0, end));
  }
  return ids;
}

void read_metadata(RuleHead& head, const yaml::Node* metadata) {
  if (metadata == nullptr) return;
  head.info.title = text(metadata->find("title"));
  head.info.why = text(metadata->find("why"));
  head.info.help = text(metadata->find("help"));
  head.info.aliases = texts(metadata->find("aliases"));
  head.info.cwe = cwe_ids(metadata->find("cwe"));
  head.info.references = texts(metadata->find("references"));
  const std::string confidence = text(metadata->find("confidence"));
  if (confidence == "HIGH") head.confidence = Confidence::high;
  head.fix_is_suggestion = text(metadata->find("fix-tier")) == "suggestion";
  if (confidence == "LOW") head.confidence = Confidence::low;
}

Status read_languages(FormulaReader& reader, Rule& rule, const yaml::Node& node) {
  if (node.kind != yaml::Kind::sequence || node.items.empty()) {
    return fail(reader.error(node, "\"languages\" must be a list of languages"));
  }
  for (const yaml::Node& item : node.items) {
    const std::string_view language = canonical_language(item.text);
    if (language.empty()) return fail(reader.error(item, "unknown language \"" + item.text + "\""));
    rule.head.languages.emplace_back(language);
  }
  std::sort(rule.head.languages.begin(), rule.head.languages.end());
  rule.head.languages.erase(std::unique(rule.head.languages.begin(), rule.head.languages.end()),
                            rule.head.languages.end());
  return {};
}

Status read_options(FormulaReader& reader, const decode::Document& document, Rule& rule,
                    const yaml::Node* node) {
  if (node == nullptr) return {};
  struct Flag {
    std::string_view name;
    bool RuleOptions::* member;
  };
  static constexpr Flag flags[] = {
      {"symbolic_propagation", &RuleOptions::symbolic_propagation},
      {"taint_assume_safe_booleans", &RuleOptions::assume_safe_booleans},
      {"taint_assume_safe_numbers", &RuleOptions::assume_safe_numbers},
      {"taint_assume_safe_functions", &RuleOptions::assume_safe_functions},
      {"taint_assume_safe_indexes", &RuleOptions::assume_safe_indexes},
      {"taint_unify_mvars", &RuleOptions::unify_metavariables},
  };
  for (const yaml::Entry& option : node->entries) {
    const std::string& name = option.key.text;
    const auto flag =
        std::find_if(std::begin(flags), std::end(flags), [&](const Flag& f) { return f.name == name; });
    if (flag != std::end(flags)) {
      rule.options.*flag->member = SLUICE_TRY(decode::as_bool(document, option.value, name));
    } else if (name == "taint_focus_on") {
      rule.options.focus_on_source = option.value.text == "source";
    } else if (!contains(k_harmless_options, name)) {
      return fail(reader.unsupported(option.key, "the option \"" + name + "\""));
    }
  }
  return {};
}

Status read_paths(FormulaReader& reader, Rule& rule, const yaml::Node* node) {
  if (node == nullptr) return {};
  for (const yaml::Entry& entry : node->entries) {
    if (entry.key.text == "include") {
      rule.paths.include = texts(&entry.value);
    } else if (entry.key.text == "exclude") {
      rule.paths.exclude = texts(&entry.value);
    } else {
      return fail(reader.error(entry.key, "unknown key \"" + entry.key.text + "\" of \"paths\""));
    }
  }
  return {};
}

// fix-regex: {regex, replacement, count}.
Status read_fix_regex(FormulaReader& reader, const decode::Document& document, Rule& rule,
                      const yaml::Node* node) {
  if (node == nullptr) return {};
  if (rule.fix) return fail(reader.error(*node, "a rule has \"fix\" or \"fix-regex\", not both"));
  decode::Mapping mapping(document, *node, "fix-regex");
  const std::string pattern = SLUICE_TRY(mapping.required_string("regex"));
  const std::string replacement = SLUICE_TRY(mapping.required_string("replacement"));
  const std::int64_t count = SLUICE_TRY(mapping.optional_int("count", 0, 0));
  SLUICE_CHECK(mapping.finish());
  auto regex = Regex::compile(pattern, {.multiline = true, .anchored = false});
  if (!regex) return fail(reader.error(*node, regex.error().message));
  auto parts = parse_replacement(replacement, regex->group_count() + 1);
  if (!parts) return fail(reader.error(*node, parts.error().message));
  rule.fix_regex = FixRegex{*std::move(regex), *std::move(parts), static_cast<std::uint64_t>(count)};
  return {};
}

Result<bool> flag(const decode::Document& document, const yaml::Node& node, std::string_view key) {
  const yaml::Node* value = node.find(key);
  if (value == nullptr) return false;
  return decode::as_bool(document, *value, key);
}

const std::vector<std::string_view> k_source_keys = {"exact", "by-side-effect", "label", "requires",
                                                     "control"};
const std::vector<std::string_view> k_sink_keys = {"requires", "at-exit", "exact"};
const std::vector<std::string_view> k_sanitizer_keys = {"exact", "by-side-effect", "not_conflicting"};
const std::vector<std::string_view> k_propagator_keys = {"from",  "to",       "by-side-effect",
                                                         "label", "requires", "replace-labels"};

std::span<const yaml::Node> items(const yaml::Node* node) {
  if (node == nullptr) return {};
  return node->items;
}

Status check_labels(FormulaReader& reader, const yaml::Node& at, std::string_view formula) {
  if (formula.empty() || label_formula_is_valid(formula)) return {};
  return fail(reader.error(at, "\"requires\" is not a formula of labels: " + std::string(formula)));
}

Result<TaintSpec> read_taint(FormulaReader& reader, const decode::Document& document,
                             const yaml::Node& node) {
  TaintSpec spec;
  for (const yaml::Node& item : items(node.find("pattern-sources"))) {
    TaintSource source;
    source.formula = SLUICE_TRY(reader.formula(item, k_source_keys));
    source.exact = SLUICE_TRY(flag(document, item, "exact"));
    if (const yaml::Node* effect = item.find("by-side-effect"); effect != nullptr) {
      source.by_side_effect = effect->text == "true" || effect->text == "only";
    }
    if (SLUICE_TRY(flag(document, item, "control")))
      return fail(reader.unsupported(item, "\"control\" of a taint source"));
    source.label = text(item.find("label"));
    source.requires_ = text(item.find("requires"));
    SLUICE_CHECK(check_labels(reader, item, source.requires_));
    spec.sources.push_back(std::move(source));
  }
  for (const yaml::Node& item : items(node.find("pattern-sinks"))) {
    TaintSink sink;
    sink.formula = SLUICE_TRY(reader.formula(item, k_sink_keys));
    sink.at_exit = SLUICE_TRY(flag(document, item, "at-exit"));
    if (const yaml::Node* wanted = item.find("requires"); wanted != nullptr) {
      if (wanted->kind != yaml::Kind::scalar)
        return fail(reader.unsupported(*wanted, "a list of \"requires\""));
      sink.requires_ = wanted->text;
      SLUICE_CHECK(check_labels(reader, *wanted, sink.requires_));
    }
    if (item.find("exact") != nullptr) sink.exact = SLUICE_TRY(flag(document, item, "exact"));
    spec.sinks.push_back(std::move(sink));
  }
  for (const yaml::Node& item : items(node.find("pattern-sanitizers"))) {
    TaintSanitizer sanitizer;
    sanitizer.formula = SLUICE_TRY(reader.formula(item, k_sanitizer_keys));
    sanitizer.exact = SLUICE_TRY(flag(document, item, "exact"));
    sanitizer.by_side_effect = SLUICE_TRY(flag(document, item, "by-side-effect"));
    sanitizer.not_conflicting = SLUICE_TRY(flag(document, item, "not_conflicting"));
    spec.sanitizers.push_back(std::move(sanitizer));
  }
  for (const yaml::Node& item : items(node.find("pattern-propagators"))) {
    TaintPropagator propagator;
    propagator.formula = SLUICE_TRY(reader.formula(item, k_propagator_keys));
    const yaml::Node* from = item.find("from");
    const yaml::Node* to = item.find("to");
    if (from == nullptr || to == nullptr)
      return fail(reader.error(item, "a propagator needs \"from\" and \"to\""));
    if (item.find("label") != nullptr || item.find("requires") != nullptr) {
      return fail(reader.unsupported(item, "a label on a taint propagator"));
    }
    propagator.from = SLUICE_TRY(reader.metavariable(*from));
    propagator.to = SLUICE_TRY(reader.metavariable(*to));
    spec.propagators.push_back(std::move(propagator));
  }
  if (spec.sources.empty() || spec.sinks.empty()) {
    return fail(reader.error(node, "a taint rule needs \"pattern-sources\" and \"pattern-sinks\""));
  }
  return spec;
}

}  // namespace

Result<Rule> read_rule(const decode::Document& document, const yaml::Node& node) {
  Rule rule;
  FormulaReader reader(document, rule);
  if (node.kind != yaml::Kind::mapping) return fail(reader.error(node, "a rule must be a mapping"));
  for (const std::string_view key : {"match", "taint", "join", "extract", "steps"}) {
    if (const yaml::Node* found = node.find(key); found != nullptr) {
      return fail(reader.unsupported(*found, "the \"" + std::string(key) + "\" syntax"));
    }
  }
  decode::Mapping mapping(document, node, "rule");
  rule.head.info.id = SLUICE_TRY(mapping.required_string("id"));
  rule.message = (*SLUICE_TRY(mapping.required("message"))).text;
  const yaml::Node& level = *SLUICE_TRY(mapping.required("severity"));
  rule.head.info.severity = SLUICE_TRY(severity(reader, level));
  const yaml::Node& languages = *SLUICE_TRY(mapping.required("languages"));
  SLUICE_CHECK(read_languages(reader, rule, languages));
  read_metadata(rule.head, mapping.get("metadata"));
  if (rule.head.info.title.empty()) rule.head.info.title = rule.head.info.id;
  SLUICE_CHECK(read_options(reader, document, rule, mapping.get("options")));
  SLUICE_CHECK(read_paths(reader, rule, mapping.get("paths")));
  if (const yaml::Node* fix = mapping.get("fix"); fix != nullptr) rule.fix = fix->text;
  SLUICE_CHECK(read_fix_regex(reader, document, rule, mapping.get("fix-regex")));
  const std::string mode = SLUICE_TRY(mapping.optional_string("mode")).value_or("search");
  std::vector<std::string_view> others = {"id",      "message", "severity", "languages", "metadata",
                                          "options", "paths",   "fix",      "fix-regex", "mode"};
  for (const std::string_view key : k_ignored) {
    static_cast<void>(mapping.get(key));
    others.push_back(key);
  }
  if (mode == "taint") {
    for (const std::string_view key :
         {"pattern-sources", "pattern-sinks", "pattern-sanitizers", "pattern-propagators"}) {
      static_cast<void>(mapping.get(key));
    }
    SLUICE_CHECK(mapping.finish());
    rule.taint = SLUICE_TRY(read_taint(reader, document, node));
  } else if (mode == "search") {
    rule.formula = SLUICE_TRY(reader.formula(node, others));
  } else {
    return fail(reader.unsupported(node, "mode \"" + mode + "\""));
  }
  return rule;
}

}  // namespace sluice::rules

// Loading: YAML → IR → compiled for each grammar.
#include <algorithm>
#include <map>
#include <set>

#include "rules/read_rule.h"

namespace sluice::rules {

namespace {

// One place and one line: what a report shows.
std::string one_line(const Error& error) {
  std::string text = error.message;
  if (error.where && error.where->line != 0) text += " (line " + std::to_string(error.where->line) + ")";
  return text;
}

std::vector<const LanguageTable*> tables_for(std::string_view language) {
  std::vector<const LanguageTable*> tables;
  for (const LanguageTable* table : all_tables()) {
    if (std::find(table->rule_names.begin(), table->rule_names.end(), language) != table->rule_names.end()) {
      tables.push_back(table);
    }
  }
  return tables;
}

class Loader {
 public:
  explicit Loader(const LoadOptions& options) : options_(options) {}

  LoadedRules run(std::span<const RuleSource> sources) {
    for (const RuleSource& source : sources) load(source);
    loaded_.rules = RuleSet(std::make_shared<const std::vector<Rule>>(std::move(rules_)));
    return std::move(loaded_);
  }

 private:
  void problem(const std::string& path, std::string reason) {
    loaded_.problems.push_back({path, "rules", CoverageStatus::failed, std::move(reason)});
  }

  void load(const RuleSource& source) {
    const auto root = yaml::parse_one(source.bytes, source.path);
    if (!root) return problem(source.path, one_line(root.error()));
    const decode::Document document(source.bytes, source.path);
    decode::Mapping mapping(document, *root, "rule file");
    const auto list = mapping.required("rules");
    if (!list) return problem(source.path, one_line(list.error()));
    if (const Status finished = mapping.finish(); !finished)
      return problem(source.path, one_line(finished.error()));
    if ((*list)->kind != yaml::Kind::sequence) return problem(source.path, "\"rules\" must be a list");
    for (const yaml::Node& node : (*list)->items) {
      const yaml::Node* id = node.find("id");
      if (!wanted(node)) continue;
      const std::string name = id != nullptr ? id->text : std::string("without an id");
      auto rule = read_rule(document, node);
      if (!rule) {
        problem(source.path, "rule " + name + ": " + one_line(rule.error()));
        continue;
      }
      rule->head.path = source.path;
      if (!ids_.insert(rule->head.info.id).second) {
        problem(source.path, "rule " + name + ": another rule has the same id");
        continue;
      }
      compile(std::move(*rule));
    }
  }

  [[nodiscard]] bool wanted(std::string_view grammar) const {
    return !options_.grammars || std::find(options_.grammars->begin(), options_.grammars->end(), grammar) !=
                                     options_.grammars->end();
  }

  // False only if every language of the rule is known and none of them is asked for.
  [[nodiscard]] bool wanted(const yaml::Node& rule) const {
    const yaml::Node* languages = rule.find("languages");
    if (!options_.grammars || languages == nullptr || languages->items.empty()) return true;
    return std::any_of(languages->items.begin(), languages->items.end(), [&](const yaml::Node& item) {
      const auto tables = tables_for(canonical_language(item.text));
      return tables.empty() || std::any_of(tables.begin(), tables.end(),
                                           [&](const LanguageTable* t) { return wanted(t->name); });
    });
  }

  void compile(Rule rule) {
    const std::string prefix = "rule " + rule.head.info.id + ": ";
    std::map<std::string_view, std::shared_ptr<const CompiledRule>> families;
    for (const std::string& language : rule.head.languages) {
      if (language == "regex") {
        compile_text(rule, prefix);
        continue;
      }
      const auto tables = tables_for(language);
      if (tables.empty()) problem(rule.head.path, prefix + "language " + language + " is not supported");
      for (const LanguageTable* table : tables) {
        if (!wanted(table->name)) continue;
        auto& compiled = families[table->family];
        if (!compiled) {
          auto made = compile_for(rule, *table);
          if (!made) {
            problem(rule.head.path, prefix + one_line(made.error()));
            break;
          }
          compiled = std::make_shared<const CompiledRule>(std::move(*made));
        }
        rule.compiled.emplace(table->name, compiled);
      }
    }
    if (rule.any_text || !rule.compiled.empty()) rules_.push_back(std::move(rule));
  }

  void compile_text(Rule& rule, const std::string& prefix) {
    if (!rule.leaves.empty() || rule.taint) {
      return problem(rule.head.path, prefix + "a rule for language regex may use regular expressions only");
    }
    rule.any_text = true;
  }

  Result<CompiledRule> compile_for(Rule& rule, const LanguageTable& table) {
    CompiledRule compiled;
    for (const Leaf& leaf : rule.leaves) {
      const LanguageTable* own = &table;
      if (!leaf.language.empty()) {
        const auto others = tables_for(leaf.language);
        if (others.empty()) {
          return fail(ErrorKind::unsupported, "rule.unsupported",
                      "metavariable-pattern in language " + leaf.language + " is not supported");
        }
        own = others.front();
      }
      auto pattern = compile_pattern(leaf.text, *own, rule.variables, parser_);
      if (!pattern) {
        const std::string first_line = leaf.text.substr(0, leaf.text.find('\n'));
        Error error = pattern.error();
        error.message += ": " + first_line;
        return fail(std::move(error));
      }
      compiled.patterns.push_back(std::move(*pattern));
    }
    compiled.prefilter = prefilter(rule, compiled.patterns);
    return compiled;
  }

  static Prefilter prefilter(const Rule& rule, const std::vector<Pattern>& patterns) {
    if (!rule.taint) return needed_words(rule.formula, patterns);
    // A source and a sink are needed.
    Prefilter needed;
    const auto add = [&](const auto& parts) {
      Prefilter any;
      bool first = true;
      for (const auto& part : parts) {
        const Prefilter own = needed_words(part.formula, patterns);
        any = first ? own : either(any, own);
        first = false;
        if (any.clauses.empty()) return;
      }
      needed.clauses.insert(needed.clauses.end(), any.clauses.begin(), any.clauses.end());
    };
    add(rule.taint->sources);
    add(rule.taint->sinks);
    return needed;
  }

  const LoadOptions& options_;
  LoadedRules loaded_;
  std::vector<Rule> rules_;
  std::set<std::string> ids_;
  syntax::Parser parser_;
};

}  // namespace

LoadedRules load(std::span<const RuleSource> sources, const LoadOptions& options) {
  return Loader(options).run(sources);
}

RuleSet::RuleSet(std::shared_ptr<const std::vector<Rule>> rules) : rules_(std::move(rules)) {}

std::size_t RuleSet::size() const {
  return rules_ ? rules_->size() : 0;
}

const RuleHead& RuleSet::head(std::size_t rule) const {
  return rules().at(rule).head;
}

bool RuleSet::wants(std::string_view language, std::string_view path) const {
  return std::any_of(rules().begin(), rules().end(), [&](const Rule& rule) {
    return (rule.any_text || rule.compiled.find(language) != rule.compiled.end()) && rule.paths.admits(path);
  });
}

const std::vector<Rule>& RuleSet::rules() const {
  static const std::vector<Rule> none;
  return rules_ ? *rules_ : none;
}

}  // namespace sluice::rules

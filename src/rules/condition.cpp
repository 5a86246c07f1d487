// The filters of a formula: metavariable-regex, -comparison, -pattern.
#include <algorithm>

#include "rules/evaluate.h"
#include "rules/types.h"

namespace sluice::rules {

std::string_view Evaluator::text_of(const Binding& binding, bool constant) const {
  if (binding.what == Binding::What::text) return binding.text;
  if (binding.what == Binding::What::term) {
    const TermId value = constant ? program_->constant(binding.term) : k_no_term;
    if (value != k_no_term) return terms_[value].text;
    if ((terms_[binding.term].flags & k_synthetic) != 0) return terms_[binding.term].text;
  }
  return binding.span.of(text_);
}

bool Evaluator::holds_regex(const Condition& condition, const Hit& hit) {
  const Binding& binding = hit.env[condition.variable];
  if (!binding.bound()) return false;
  const auto matched = condition.regex->matches(text_of(binding, condition.constant));
  if (!matched) {
    give_up(matched.error());
    return false;
  }
  return *matched;
}

bool Evaluator::holds_comparison(const Condition& condition, const Hit& hit) {
  const auto lookup = [&](std::string_view name) -> Comparison::Value {
    const std::uint32_t variable = rule_.variables.find(name);
    if (variable == k_no_variable || !hit.env[variable].bound()) return {};
    const Binding& binding = hit.env[variable];
    Comparison::Value value;
    if (binding.what == Binding::What::text) {
      value = literal_value(binding.text);
      if (value.type == Comparison::Value::Type::unknown) {
        value.type = Comparison::Value::Type::string;
        value.string = std::string(binding.text);
      }
      return value;
    }
    if (binding.what != Binding::What::term) return value;
    const TermId constant = program_->constant(binding.term);
    if (constant != k_no_term && terms_.is(constant, Role::string)) {
      value.type = Comparison::Value::Type::string;
      value.string = std::string(terms_[constant].text);
      return value;
    }
    if (constant != k_no_term) return literal_value(terms_[constant].text);
    value = literal_value(binding.span.of(text_));
    if (value.type == Comparison::Value::Type::unknown) value.string = std::string(binding.span.of(text_));
    return value;
  };
  const auto held = condition.comparison->holds(lookup);
  if (!held) {
    give_up(held.error());
    return false;
  }
  return *held;
}

// The bound text as a file of its own, in the language that the condition names.
bool Evaluator::nested_text(const Condition& condition, std::string_view text) {
  if (condition.language == "regex" || condition.language == "generic") {
    return !Evaluator(rule_, compiled_, nullptr, text, budget_).run(*condition.formula).empty();
  }
  const LanguageTable* table = program_ == nullptr ? nullptr : &program_->table();
  if (!condition.language.empty()) {
    for (const LanguageTable* candidate : all_tables()) {
      const auto& names = candidate->rule_names;
      if (std::find(names.begin(), names.end(), condition.language) == names.end()) continue;
      table = candidate;
      break;
    }
  }
  const syntax::Language* language = table == nullptr ? nullptr : syntax::find_language(table->name);
  if (language == nullptr) {
    budget_.exhausted = "no grammar for the text of a metavariable";
    return false;
  }
  syntax::Parser parser;
  const auto tree = parser.parse(*language, text);
  if (!tree) {
    give_up(tree.error());
    return false;
  }
  const Program program(*tree, *table);
  return !Evaluator(rule_, compiled_, &program, text, budget_).run(*condition.formula).empty();
}

std::vector<Hit> Evaluator::nested(const Condition& condition, const Hit& hit) {
  const Binding& binding = hit.env[condition.variable];
  if (!binding.bound()) return {};
  if (binding.what == Binding::What::text || !condition.language.empty()) {
    std::string_view text = text_of(binding, true);
    if (binding.what == Binding::What::term && terms_.is(binding.term, Role::string))
      text = terms_[binding.term].text;
    if (nested_text(condition, text)) return {hit};
    return {};
  }
  Region region;
  region.begin = binding.term;
  region.end = binding.what == Binding::What::list ? binding.end : terms_[binding.term].end;
  region.span = binding.span;
  std::vector<Hit> result;
  for (const Hit& inner : evaluate(*condition.formula, region)) {
    if (!compatible(terms_, hit.env, inner.env)) continue;
    Hit both = hit;
    both.env = merged(hit.env, inner.env);
    const bool known =
        std::any_of(result.begin(), result.end(), [&](const Hit& r) { return equal(r.env, both.env); });
    if (!known) result.push_back(std::move(both));
  }
  return result;
}

std::vector<Hit> Evaluator::filter(std::vector<Hit> hits, const Condition& condition) {
  if (condition.kind == Condition::Kind::regex) {
    std::erase_if(hits, [&](const Hit& hit) { return !holds_regex(condition, hit); });
    return hits;
  }
  if (condition.kind == Condition::Kind::comparison) {
    std::erase_if(hits, [&](const Hit& hit) { return !holds_comparison(condition, hit); });
    return hits;
  }
  if (condition.kind == Condition::Kind::type) {
    std::erase_if(hits, [&](const Hit& hit) {
      const Binding& binding = hit.env[condition.variable];
      return binding.what != Binding::What::term ||
             std::none_of(condition.types.begin(), condition.types.end(),
                          [&](const std::string& type) { return has_type(*program_, binding.term, type); });
    });
    return hits;
  }
  std::vector<Hit> kept;
  for (const Hit& hit : hits) {
    auto found = nested(condition, hit);
    std::move(found.begin(), found.end(), std::back_inserter(kept));
  }
  return kept;
}

}  // namespace sluice::rules

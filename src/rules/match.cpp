#include "rules/match.h"

#include <algorithm>
#include <tuple>

#include "rules/evaluate.h"
#include "rules/message.h"
#include "rules/taint.h"

namespace sluice::rules {

namespace {

class Run {
 public:
  Run(const RuleSet& rules, const Target& target) : rules_(rules), target_(target), words_(target.text) {}

  void rule(std::size_t index) {
    const Rule& rule = rules_.rules()[index];
    if (!rule.paths.admits(target_.path)) return;
    const CompiledRule* compiled = nullptr;
    const Program* program = nullptr;
    if (target_.tree != nullptr) {
      const auto found = rule.compiled.find(target_.tree->language().name);
      if (found != rule.compiled.end() && found->second->prefilter.admits(words_)) {
        compiled = found->second.get();
        program = this->program();
      }
    }
    if (program == nullptr) {
      if (!rule.any_text) return;
      compiled = &rule.text_only;
    }
    Budget budget;
    budget.max_steps = target_.max_steps;
    budget.deadline = target_.deadline;
    Evaluator evaluator(rule, *compiled, program, target_.text, budget);
    if (rule.taint) {
      if (program == nullptr) return;
      for (const TaintHit& hit : taint_hits(rule, evaluator, *program, budget))
        report_taint(index, rule, hit);
    } else {
      for (const Hit& hit : evaluator.run(rule.formula)) report(index, rule, hit);
    }
    if (!budget.exhausted.empty()) result_.problems.push_back({index, budget.exhausted});
  }

  MatchResult finish() {
    auto& matches = result_.matches;
    const auto key = [](const Match& m) { return std::tuple(m.span, m.rule); };
    std::stable_sort(matches.begin(), matches.end(),
                     [&](const Match& a, const Match& b) { return key(a) < key(b); });
    matches.erase(std::unique(matches.begin(), matches.end(),
                              [&](const Match& a, const Match& b) { return key(a) == key(b); }),
                  matches.end());
    return std::move(result_);
  }

 private:
  // Made when the first rule needs it.
  const Program* program() {
    if (!program_) {
      const LanguageTable* table = table_of(target_.tree->language().name);
      if (table == nullptr) return nullptr;
      program_.emplace(*target_.tree, *table);
    }
    return &*program_;
  }

  void report_taint(std::size_t index, const Rule& rule, const TaintHit& hit) {
    report(index, rule, hit.sink);
    Match& match = result_.matches.back();
    match.trace.push_back({hit.source, "the value comes from here"});
    for (const Span step : hit.steps) match.trace.push_back({step, "it is kept here"});
    match.trace.push_back({hit.sink.span, "it is used here"});
  }

  void report(std::size_t index, const Rule& rule, const Hit& hit) {
    Match match;
    match.rule = index;
    match.span = hit.span;
    match.message = fill(rule.message, rule.variables, hit.env, target_.text, true);
    if (rule.fix_regex) match.fix = rewrite(*rule.fix_regex, hit.span.of(target_.text));
    if (rule.fix) match.fix = fill(*rule.fix, rule.variables, hit.env, target_.text, false);
    for (std::uint32_t v = 0; v < hit.env.size(); ++v) {
      const Binding& binding = hit.env[v];
      if (!binding.bound()) continue;
      const std::string_view text =
          binding.what == Binding::What::text ? binding.text : binding.span.of(target_.text);
      match.metavariables.push_back({rule.variables.name(v), binding.span, std::string(text)});
    }
    std::sort(match.metavariables.begin(), match.metavariables.end(),
              [](const BoundMetavariable& a, const BoundMetavariable& b) { return a.name < b.name; });
    result_.matches.push_back(std::move(match));
  }

  const RuleSet& rules_;
  const Target& target_;
  Words words_;
  std::optional<Program> program_;
  MatchResult result_;
};

}  // namespace

MatchResult match(const RuleSet& rules, const Target& target, std::span<const std::size_t> only) {
  Run run(rules, target);
  if (only.empty()) {
    for (std::size_t i = 0; i < rules.size(); ++i) run.rule(i);
  } else {
    for (const std::size_t i : only) run.rule(i);
  }
  return run.finish();
}

}  // namespace sluice::rules

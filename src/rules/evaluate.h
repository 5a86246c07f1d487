// Evaluation of a rule's formula over one file: patterns give ranges with bindings, operators combine them.
#pragma once

#include <string_view>
#include <vector>

#include "rules/matcher.h"
#include "rules/rule.h"

namespace sluice::rules {

class Evaluator {
 public:
  // `program` is null for rules over plain text. All arguments must outlive the evaluator.
  Evaluator(const Rule& rule, const CompiledRule& compiled, const Program* program, std::string_view text,
            Budget& budget);

  // The hits of the formula over the whole file. If the budget is exhausted they are incomplete.
  [[nodiscard]] std::vector<Hit> run(const Formula& formula);

 private:
  struct Region {
    TermId begin = 0;
    TermId end = 0;
    Span span;
  };

  [[nodiscard]] std::vector<Hit> evaluate(const Formula& formula, const Region& region);
  [[nodiscard]] std::vector<Hit> pattern(const Formula& formula, const Region& region);
  [[nodiscard]] std::vector<Hit> regex(const Formula& formula, const Region& region);
  [[nodiscard]] std::vector<Hit> any(const Formula& formula, const Region& region);
  [[nodiscard]] std::vector<Hit> all(const Formula& formula, const Region& region);

  [[nodiscard]] std::vector<Hit> intersect(const std::vector<Hit>& xs, const std::vector<Hit>& ys);
  [[nodiscard]] std::vector<Hit> subtract(std::vector<Hit> xs, const std::vector<Hit>& ys);
  [[nodiscard]] std::vector<Hit> narrow(const std::vector<Hit>& hits, const Formula& formula) const;
  [[nodiscard]] std::vector<Hit> filter(std::vector<Hit> hits, const Condition& condition);
  [[nodiscard]] bool holds_regex(const Condition& condition, const Hit& hit);
  [[nodiscard]] bool holds_comparison(const Condition& condition, const Hit& hit);
  // The hit with what the nested formula binds besides; none if the formula does not match.
  [[nodiscard]] std::vector<Hit> nested(const Condition& condition, const Hit& hit);
  [[nodiscard]] bool nested_text(const Condition& condition, std::string_view text);
  [[nodiscard]] std::string_view text_of(const Binding& binding, bool constant) const;
  void give_up(const Error& error);
  [[nodiscard]] const Program* symbolic() const {
    return rule_.options.symbolic_propagation ? program_ : nullptr;
  }

  const Rule& rule_;
  const CompiledRule& compiled_;
  const Program* program_;
  const TermTree& terms_;
  std::string_view text_;
  Budget& budget_;
};

}  // namespace sluice::rules

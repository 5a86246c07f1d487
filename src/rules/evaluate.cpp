#include "rules/evaluate.h"

#include <algorithm>

namespace sluice::rules {

namespace {

// Of one formula in one file; far above what honest rules yield.
constexpr std::size_t k_max_hits = 200'000;

const TermTree& no_terms() {
  static const TermTree none;
  return none;
}

void add_unique(std::vector<Hit>& hits, Hit hit, std::size_t from = 0) {
  for (std::size_t i = from; i < hits.size(); ++i) {
    if (hits[i].span == hit.span && hits[i].window == hit.window && equal(hits[i].env, hit.env)) return;
  }
  hits.push_back(std::move(hit));
}

}  // namespace

Evaluator::Evaluator(const Rule& rule, const CompiledRule& compiled, const Program* program,
                     std::string_view text, Budget& budget)
    : rule_(rule),
      compiled_(compiled),
      program_(program),
      terms_(program == nullptr ? no_terms() : program->terms()),
      text_(text),
      budget_(budget) {}

void Evaluator::give_up(const Error& error) {
  if (budget_.exhausted.empty()) budget_.exhausted = error.message;
}

std::vector<Hit> Evaluator::run(const Formula& formula) {
  Region region;
  region.end = program_ == nullptr ? 0 : program_->end();
  region.span = {0, static_cast<std::uint32_t>(text_.size())};
  return evaluate(formula, region);
}

std::vector<Hit> Evaluator::evaluate(const Formula& formula, const Region& region) {
  if (!budget_.exhausted.empty()) return {};
  switch (formula.kind) {
    case Formula::Kind::pattern:
      return pattern(formula, region);
    case Formula::Kind::regex:
      return regex(formula, region);
    case Formula::Kind::any:
      return any(formula, region);
    case Formula::Kind::all:
      return all(formula, region);
    case Formula::Kind::inside: {
      auto hits = evaluate(formula.children[0], region);
      for (Hit& hit : hits) hit.window = true;
      return hits;
    }
    case Formula::Kind::negation:
      return evaluate(formula.children[0], region);
  }
  return {};
}

std::vector<Hit> Evaluator::pattern(const Formula& formula, const Region& region) {
  if (program_ == nullptr) return {};
  Matcher matcher(*program_, compiled_.patterns[formula.leaf], rule_.variables.size(),
                  rule_.options.symbolic_propagation, budget_);
  return matcher.all(region.begin, region.end);
}

std::vector<Hit> Evaluator::regex(const Formula& formula, const Region& region) {
  const RegexLeaf& leaf = rule_.regexes[formula.leaf];
  std::vector<Hit> hits;
  const std::string_view within = region.span.of(text_);
  Regex::Groups groups;
  std::size_t from = 0;
  while (from <= within.size() && hits.size() < k_max_hits) {
    const auto found = leaf.regex.search(within, from, groups);
    if (!found) {
      give_up(found.error());
      return hits;
    }
    if (!*found || !budget_.spend()) return hits;
    const auto shifted = [&](Span span) {
      return Span{span.begin + region.span.begin, span.end + region.span.begin};
    };
    Hit hit;
    hit.span = shifted(groups[0]);
    hit.env.resize(rule_.variables.size());
    for (const auto& [group, variable] : leaf.groups) {
      if (group >= groups.size() || !Regex::took_part(groups[group])) continue;
      const Span span = shifted(groups[group]);
      hit.env[variable] = {Binding::What::text, k_no_term, k_no_term, span, span.of(text_)};
    }
    hits.push_back(std::move(hit));
    from = groups[0].end > from ? groups[0].end : from + 1;
  }
  if (hits.size() >= k_max_hits) budget_.exhausted = "a regular expression matches too often";
  return hits;
}

std::vector<Hit> Evaluator::any(const Formula& formula, const Region& region) {
  std::vector<Hit> hits;
  for (const Formula& child : formula.children) {
    const std::size_t before = hits.size();
    for (Hit& hit : evaluate(child, region)) {
      bool known = false;
      for (std::size_t i = 0; i < before && !known; ++i) {
        known = hits[i].span == hit.span && hits[i].window == hit.window && equal(hits[i].env, hit.env);
      }
      if (!known) hits.push_back(std::move(hit));
    }
  }
  return hits;
}

std::vector<Hit> Evaluator::all(const Formula& formula, const Region& region) {
  // Patterns that give results first: with none of them, nothing else need be looked for.
  std::vector<const Formula*> positive;
  for (const bool windows : {false, true}) {
    for (const Formula& child : formula.children) {
      if (child.kind != Formula::Kind::negation && (child.kind == Formula::Kind::inside) == windows)
        positive.push_back(&child);
    }
  }
  std::vector<Hit> hits;
  if (positive.empty()) {
    Hit whole;
    whole.span = region.span;
    whole.env.resize(rule_.variables.size());
    hits.push_back(std::move(whole));
  }
  bool first = true;
  for (const Formula* child : positive) {
    auto found = evaluate(*child, region);
    hits = first ? std::move(found) : intersect(hits, found);
    first = false;
    if (hits.empty()) return hits;
  }
  for (const Condition& condition : formula.conditions) {
    if (condition.kind != Condition::Kind::formula) hits = filter(std::move(hits), condition);
  }
  for (const Formula& child : formula.children) {
    if (hits.empty()) return hits;
    if (child.kind == Formula::Kind::negation) hits = subtract(std::move(hits), evaluate(child, region));
  }
  for (const Condition& condition : formula.conditions) {
    if (condition.kind == Condition::Kind::formula) hits = filter(std::move(hits), condition);
  }
  return narrow(hits, formula);
}

// Pairs that lie in one another: the inner one stays, with the bindings of both. A window limits, it is not
// limited.
std::vector<Hit> Evaluator::intersect(const std::vector<Hit>& xs, const std::vector<Hit>& ys) {
  std::vector<Hit> result;
  for (const Hit& x : xs) {
    const std::size_t before = result.size();
    for (const Hit& y : ys) {
      if (!budget_.spend()) return result;
      const bool x_inside = y.span.contains(x.span) && (!x.window || y.window);
      const bool y_inside = x.span.contains(y.span) && (!y.window || x.window);
      if ((!x_inside && !y_inside) || !compatible(terms_, x.env, y.env, symbolic())) continue;
      const Hit& inner = x_inside ? x : y;
      Hit both = inner;
      both.env = merged(inner.env, x_inside ? y.env : x.env);
      add_unique(result, std::move(both), x_inside ? before : 0);
      if (result.size() >= k_max_hits) {
        budget_.exhausted = "a combination of patterns matches too often";
        return result;
      }
    }
  }
  return result;
}

std::vector<Hit> Evaluator::subtract(std::vector<Hit> xs, const std::vector<Hit>& ys) {
  std::erase_if(xs, [&](const Hit& x) {
    return std::any_of(ys.begin(), ys.end(), [&](const Hit& y) {
      return budget_.spend() && y.span.contains(x.span) && compatible(terms_, x.env, y.env, symbolic());
    });
  });
  return xs;
}

// focus-metavariable: the place of the metavariable is the result.
std::vector<Hit> Evaluator::narrow(const std::vector<Hit>& hits, const Formula& formula) const {
  std::vector<Hit> current = hits;
  bool first = true;
  for (const auto& variables : formula.focus) {
    std::vector<Hit> next;
    for (const Hit& hit : current) {
      for (const std::uint32_t variable : variables) {
        const Binding& binding = hit.env[variable];
        if (!binding.bound()) continue;
        if (!first && !hit.span.contains(binding.span) && !binding.span.contains(hit.span)) continue;
        Hit focused = hit;
        if (first || hit.span.contains(binding.span)) {
          focused.span = binding.span;
          focused.term = binding.what == Binding::What::term ? binding.term : k_no_term;
        }
        add_unique(next, std::move(focused));
      }
    }
    current = std::move(next);
    first = false;
  }
  return current;
}

}  // namespace sluice::rules

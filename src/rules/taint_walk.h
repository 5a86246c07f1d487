// Following tainted values through one file, for src/rules/taint*.cpp only: statements move the store
// (taint_statements.cpp), expressions have taints (taint_expressions.cpp), sources and sinks are met on the
// way (taint.cpp).
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/taint.h"
#include "rules/taint_marks.h"
#include "rules/taint_store.h"

namespace sluice::rules {

// Most loops settle in two runs; what needs more than this is not followed further.
inline constexpr int k_max_loop_runs = 8;
// Of nested expressions and statements; deeper code is reported as not analysed.
inline constexpr int k_max_taint_depth = 400;
inline constexpr std::size_t k_max_steps_shown = 8;

class TaintWalk {
 public:
  TaintWalk(const Rule& rule, Evaluator& evaluator, const Program& program, Budget& budget)
      : rule_(rule),
        spec_(*rule.taint),
        program_(program),
        terms_(program.terms()),
        budget_(budget),
        marks_(spec_, evaluator, program) {}

  std::vector<TaintHit> run();

 private:
  // Statements.
  void statement(TermId t, Store& store);
  void branch(TermId t, Store& store);
  void loop(TermId t, Store& store);
  void attempt(TermId t, Store& store);
  void function(TermId t, const Store& outer);
  // A parameter is clean, unless its name is a source here.
  void bind_parameter(TermId t, Store& store);
  // A statement of the grammar's own kind: its blocks may or may not run; the rest is evaluated in order.
  void other_statement(TermId t, Store& store);

  // Expressions: the taints of the value. Sinks are checked on the way.
  Taints expression(TermId t, Store& store);
  Taints value(TermId t, Store& store, Taints& reaching);
  // Everything below, in order; clauses that bind names (comprehensions, `as`) first.
  Taints parts(TermId t, Store& store);
  // Which child of this term binds names, if any.
  std::optional<std::size_t> binding_slot(TermId t) const;
  // `a.b`, `a[i]`: the place itself if it is one, else what the object carries; an index adds its own.
  Taints access(TermId t, Store& store);
  Taints call(TermId t, Store& store, Taints& reaching);
  // A method's result carries what its object carries, whatever is known of the field of that name.
  Taints expression_of_receiver(TermId callee, Store& store);
  // a, b = x, y element by element; else everything gets all.
  void assign_pairwise(TermId left, TermId right, const Taints& taints, Store& store);
  void assign(TermId left, const Taints& taints, Store& store);

  // What is met on the way.

  // One origin for each label is enough to decide, and keeps the sets small; only metavariables that must
  // agree between source and sink need them all.
  void join(Taints& into, const Taints& more);
  void note_step(const Taints& taints, Span span);
  // Adds the taints that begin at this term.
  Taints source_taints(TermId t, Taints taints);
  void side_effects(TermId t, const Taints& taints, Store& store);
  std::vector<std::string_view> labels(const Taints& taints) const;
  void check_sink(TermId t, const Taints& taints);
  void report(const Hit& sink, const Origin& origin);

  const Rule& rule_;
  const TaintSpec& spec_;
  const Program& program_;
  const TermTree& terms_;
  Budget& budget_;
  TaintMarks marks_;
  std::unordered_map<TermId, Taints> propagated_;
  std::vector<TaintHit> found_;
  int depth_ = 0;
};

}  // namespace sluice::rules

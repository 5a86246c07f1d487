// Taint: rules of mode `taint`. Sources, sinks, sanitizers and propagators are formulas that give places;
// this engine follows values from the ones to the others through assignments, expressions and calls, one
// function at a time.
//
// The store maps variables and their fields to taints. Statements are walked in their structure: branches are
// joined, loops run until nothing changes (a few times at most), closures see the store where they
// are defined.
#pragma once

#include <string>
#include <vector>

#include "rules/evaluate.h"
#include "rules/match.h"

namespace sluice::rules {

struct TaintHit {
  Hit sink;  // span and bindings; those of the source are merged in
  Span source;
  std::vector<Span> steps;  // places where the value was kept on its way
};

[[nodiscard]] std::vector<TaintHit> taint_hits(const Rule& rule, Evaluator& evaluator, const Program& program,
                                               Budget& budget);

}  // namespace sluice::rules

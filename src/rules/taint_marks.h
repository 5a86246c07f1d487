// What the formulas of a taint rule say of single terms: where values come from, where they must not arrive,
// what makes them clean, and what passes them on.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rules/evaluate.h"
#include "rules/program.h"
#include "rules/rule.h"

namespace sluice::rules {

// One place where a tainted value comes from.
struct Origin {
  std::size_t source = 0;  // index in the rule's sources
  Hit hit;
  std::vector<Span> steps;  // where the walk saw the value kept
};

class TaintMarks {
 public:
  using Map = std::unordered_map<TermId, std::vector<std::uint32_t>>;

  TaintMarks(const TaintSpec& spec, Evaluator& evaluator, const Program& program)
      : spec_(spec), evaluator_(evaluator), program_(program), terms_(program.terms()) {}

  // False if there is no source or no sink, so that nothing can be found.
  [[nodiscard]] bool find();

  std::vector<Origin> origins;
  std::vector<std::pair<std::size_t, Hit>> sink_hits;  // index in the rule's sinks
  Map sources;                                         // term → origins
  Map sinks;                                           // term → sink hits
  Map sanitizers;
  Map effect_sanitizers;
  Map propagators;  // from → to

 private:
  // Terms that a hit speaks of: the term itself and, unless `exact`, everything in it.
  void mark(Map& marks, const Hit& hit, std::uint32_t value, bool exact);
  static void add(Map& marks, TermId t, std::uint32_t value);
  // The first term that begins at or after the offset. Absent slots may lie out of order, so this is a scan.
  [[nodiscard]] TermId first_at(std::uint32_t offset) const;
  void mark_sources();
  void mark_sinks();
  void mark_sanitizers();
  bool conflicts(const Hit& hit) const;
  void mark_propagators();

  const TaintSpec& spec_;
  Evaluator& evaluator_;
  const Program& program_;
  const TermTree& terms_;
};

}  // namespace sluice::rules

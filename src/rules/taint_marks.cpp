#include "rules/taint_marks.h"

#include <algorithm>

namespace sluice::rules {

bool TaintMarks::find() {
  mark_sources();
  if (origins.empty()) return false;
  mark_sinks();
  if (sink_hits.empty()) return false;
  mark_sanitizers();
  mark_propagators();
  return true;
}

void TaintMarks::mark(Map& marks, const Hit& hit, std::uint32_t value, bool exact) {
  if (hit.term != k_no_term && (exact || hit.span == terms_[hit.term].span)) {
    const TermId end = exact ? hit.term + 1 : terms_[hit.term].end;
    for (TermId t = hit.term; t < end; ++t) add(marks, t, value);
    return;
  }
  for (TermId t = first_at(hit.span.begin); t < program_.end() && terms_[t].span.begin < hit.span.end; ++t) {
    if (!hit.span.contains(terms_[t].span) || terms_[t].span.empty()) continue;
    const TermId parent = terms_[t].parent;
    const bool outermost = parent == k_no_term || !hit.span.contains(terms_[parent].span);
    if (!exact || outermost) add(marks, t, value);
  }
}

void TaintMarks::add(Map& marks, TermId t, std::uint32_t value) {
  auto& values = marks[t];
  if (values.empty() || values.back() != value) values.push_back(value);
}

TermId TaintMarks::first_at(std::uint32_t offset) const {
  for (TermId t = 0; t < program_.end(); ++t) {
    if (terms_[t].span.begin >= offset && !terms_[t].span.empty()) return t;
  }
  return program_.end();
}

void TaintMarks::mark_sources() {
  for (std::size_t s = 0; s < spec_.sources.size(); ++s) {
    for (Hit& hit : evaluator_.run(spec_.sources[s].formula)) {
      const auto index = static_cast<std::uint32_t>(origins.size());
      mark(sources, hit, index, spec_.sources[s].exact);
      origins.push_back({s, std::move(hit), {}});
    }
  }
}

void TaintMarks::mark_sinks() {
  for (std::size_t s = 0; s < spec_.sinks.size(); ++s) {
    for (Hit& hit : evaluator_.run(spec_.sinks[s].formula)) {
      const auto index = static_cast<std::uint32_t>(sink_hits.size());
      mark(sinks, hit, index, true);
      sink_hits.emplace_back(s, std::move(hit));
    }
  }
}

void TaintMarks::mark_sanitizers() {
  for (std::size_t s = 0; s < spec_.sanitizers.size(); ++s) {
    const TaintSanitizer& sanitizer = spec_.sanitizers[s];
    for (const Hit& hit : evaluator_.run(sanitizer.formula)) {
      if (sanitizer.not_conflicting && conflicts(hit)) continue;
      mark(sanitizer.by_side_effect ? effect_sanitizers : sanitizers, hit, static_cast<std::uint32_t>(s),
           sanitizer.exact);
    }
  }
}

bool TaintMarks::conflicts(const Hit& hit) const {
  return std::any_of(origins.begin(), origins.end(),
                     [&](const Origin& o) { return o.hit.span == hit.span; }) ||
         std::any_of(sink_hits.begin(), sink_hits.end(),
                     [&](const auto& sink) { return sink.second.span == hit.span; });
}

void TaintMarks::mark_propagators() {
  for (const TaintPropagator& propagator : spec_.propagators) {
    for (const Hit& hit : evaluator_.run(propagator.formula)) {
      const Binding& from = hit.env[propagator.from];
      const Binding& to = hit.env[propagator.to];
      if (from.what == Binding::What::term && to.what == Binding::What::term)
        add(propagators, from.term, to.term);
    }
  }
}

}  // namespace sluice::rules

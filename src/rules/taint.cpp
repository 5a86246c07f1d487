// Sources and sinks as the walk meets them, and the findings.
#include "rules/taint.h"

#include <algorithm>

#include "rules/taint_label.h"
#include "rules/taint_walk.h"

namespace sluice::rules {

std::vector<TaintHit> TaintWalk::run() {
  if (!marks_.find()) return {};
  Store store;
  statement(0, store);
  return std::move(found_);
}

void TaintWalk::join(Taints& into, const Taints& more) {
  unite(into, more);
  budget_.steps += into.size();
  if (rule_.options.unify_metavariables) return;
  std::vector<std::string_view> seen;
  std::erase_if(into, [&](std::uint32_t origin) {
    const std::string_view label = spec_.sources[marks_.origins[origin].source].label;
    if (std::find(seen.begin(), seen.end(), label) != seen.end()) return true;
    seen.push_back(label);
    return false;
  });
}

void TaintWalk::note_step(const Taints& taints, Span span) {
  for (const std::uint32_t origin : taints) {
    auto& steps = marks_.origins[origin].steps;
    if (steps.size() < k_max_steps_shown && std::find(steps.begin(), steps.end(), span) == steps.end())
      steps.push_back(span);
  }
}

Taints TaintWalk::source_taints(TermId t, Taints taints) {
  const auto marked = marks_.sources.find(t);
  if (marked == marks_.sources.end()) return taints;
  for (const std::uint32_t origin : marked->second) {
    const TaintSource& source = spec_.sources[marks_.origins[origin].source];
    if (!source.requires_.empty() && !label_holds(source.requires_, labels(taints))) continue;
    join(taints, {origin});
  }
  return taints;
}

void TaintWalk::side_effects(TermId t, const Taints& taints, Store& store) {
  if (const auto marked = marks_.sources.find(t); marked != marks_.sources.end()) {
    for (const std::uint32_t origin : marked->second) {
      const PlaceOf place = place_of(program_, t);
      if (spec_.sources[marks_.origins[origin].source].by_side_effect && place.place.valid())
        store.add(place.place, {origin});
    }
  }
  if (marks_.effect_sanitizers.contains(t)) {
    const PlaceOf place = place_of(program_, t);
    if (place.place.valid()) store.set(place.place, {});
  }
  if (const auto marked = marks_.propagators.find(t); marked != marks_.propagators.end() && !taints.empty()) {
    for (const std::uint32_t to : marked->second) {
      join(propagated_[to], taints);
      const PlaceOf place = place_of(program_, to);
      if (place.place.valid()) store.add(place.place, taints);
    }
  }
}

std::vector<std::string_view> TaintWalk::labels(const Taints& taints) const {
  std::vector<std::string_view> found;
  for (const std::uint32_t origin : taints)
    found.push_back(spec_.sources[marks_.origins[origin].source].label);
  return found;
}

void TaintWalk::check_sink(TermId t, const Taints& taints) {
  if (taints.empty()) return;
  const auto marked = marks_.sinks.find(t);
  if (marked == marks_.sinks.end()) return;
  for (const std::uint32_t index : marked->second) {
    const auto& [sink, hit] = marks_.sink_hits[index];
    const std::string& wanted = spec_.sinks[sink].requires_;
    if (!wanted.empty() && !label_holds(wanted, labels(taints))) continue;
    for (const std::uint32_t origin : taints) {
      if (rule_.options.unify_metavariables && !compatible(terms_, hit.env, marks_.origins[origin].hit.env))
        continue;
      report(hit, marks_.origins[origin]);
      break;
    }
  }
}

void TaintWalk::report(const Hit& sink, const Origin& origin) {
  TaintHit hit;
  hit.sink = sink;
  hit.source = origin.hit.span;
  hit.steps = origin.steps;
  if (rule_.options.focus_on_source) hit.sink.span = origin.hit.span;
  const bool known = std::any_of(found_.begin(), found_.end(),
                                 [&](const TaintHit& f) { return f.sink.span == hit.sink.span; });
  if (known) return;
  hit.sink.env = merged(sink.env, origin.hit.env);
  found_.push_back(std::move(hit));
}

std::vector<TaintHit> taint_hits(const Rule& rule, Evaluator& evaluator, const Program& program,
                                 Budget& budget) {
  return TaintWalk(rule, evaluator, program, budget).run();
}

}  // namespace sluice::rules

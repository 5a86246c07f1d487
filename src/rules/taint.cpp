#include "rules/taint.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "rules/taint_label.h"
#include "rules/taint_store.h"

namespace sluice::rules {

namespace {

constexpr int k_max_loop_runs =
    8;  // most loops settle in two; what needs more than this is not followed further
constexpr int k_max_depth =
    400;  // of nested expressions and statements; deeper code is reported as not analysed
constexpr std::size_t k_max_steps_shown = 8;

struct Origin {
  std::size_t source = 0;  // index in the rule's sources
  Hit hit;
  std::vector<Span> steps;
};

// What a formula says of single terms.
using Marks = std::unordered_map<TermId, std::vector<std::uint32_t>>;

class Analysis {
 public:
  Analysis(const Rule& rule, Evaluator& evaluator, const Program& program, Budget& budget)
      : rule_(rule),
        spec_(*rule.taint),
        evaluator_(evaluator),
        program_(program),
        terms_(program.terms()),
        budget_(budget) {}

  std::vector<TaintHit> run() {
    mark_sources();
    if (origins_.empty()) return {};
    mark_sinks();
    if (sink_hits_.empty()) return {};
    mark_sanitizers();
    mark_propagators();
    Store store;
    statement(0, store);
    return std::move(found_);
  }

 private:
  // Terms that a hit speaks of: the term itself and, unless `exact`, everything in it.
  void mark(Marks& marks, const Hit& hit, std::uint32_t value, bool exact) {
    if (hit.term != k_no_term && (exact || hit.span == terms_[hit.term].span)) {
      const TermId end = exact ? hit.term + 1 : terms_[hit.term].end;
      for (TermId t = hit.term; t < end; ++t) add(marks, t, value);
      return;
    }
    for (TermId t = first_at(hit.span.begin); t < program_.end() && terms_[t].span.begin < hit.span.end;
         ++t) {
      if (!hit.span.contains(terms_[t].span) || terms_[t].span.empty()) continue;
      const TermId parent = terms_[t].parent;
      const bool outermost = parent == k_no_term || !hit.span.contains(terms_[parent].span);
      if (!exact || outermost) add(marks, t, value);
    }
  }

  static void add(Marks& marks, TermId t, std::uint32_t value) {
    auto& values = marks[t];
    if (values.empty() || values.back() != value) values.push_back(value);
  }

  // The first term that begins at or after the offset. Absent slots may lie out of order, so this is a scan.
  [[nodiscard]] TermId first_at(std::uint32_t offset) const {
    for (TermId t = 0; t < program_.end(); ++t) {
      if (terms_[t].span.begin >= offset && !terms_[t].span.empty()) return t;
    }
    return program_.end();
  }

  // One origin for each label is enough to decide, and keeps the sets small; only metavariables that must
  // agree between source and sink need them all.
  void join(Taints& into, const Taints& more) {
    unite(into, more);
    budget_.steps += into.size();
    if (rule_.options.unify_metavariables) return;
    std::vector<std::string_view> seen;
    std::erase_if(into, [&](std::uint32_t origin) {
      const std::string_view label = spec_.sources[origins_[origin].source].label;
      if (std::find(seen.begin(), seen.end(), label) != seen.end()) return true;
      seen.push_back(label);
      return false;
    });
  }

  void mark_sources() {
    for (std::size_t s = 0; s < spec_.sources.size(); ++s) {
      for (Hit& hit : evaluator_.run(spec_.sources[s].formula)) {
        const auto index = static_cast<std::uint32_t>(origins_.size());
        mark(sources_, hit, index, spec_.sources[s].exact);
        origins_.push_back({s, std::move(hit), {}});
      }
    }
  }

  void mark_sinks() {
    for (std::size_t s = 0; s < spec_.sinks.size(); ++s) {
      for (Hit& hit : evaluator_.run(spec_.sinks[s].formula)) {
        const auto index = static_cast<std::uint32_t>(sink_hits_.size());
        mark(sinks_, hit, index, true);
        sink_hits_.emplace_back(s, std::move(hit));
      }
    }
  }

  void mark_sanitizers() {
    for (std::size_t s = 0; s < spec_.sanitizers.size(); ++s) {
      const TaintSanitizer& sanitizer = spec_.sanitizers[s];
      for (const Hit& hit : evaluator_.run(sanitizer.formula)) {
        if (sanitizer.not_conflicting && conflicts(hit)) continue;
        mark(sanitizer.by_side_effect ? effect_sanitizers_ : sanitizers_, hit, static_cast<std::uint32_t>(s),
             sanitizer.exact);
      }
    }
  }

  bool conflicts(const Hit& hit) const {
    return std::any_of(origins_.begin(), origins_.end(),
                       [&](const Origin& o) { return o.hit.span == hit.span; }) ||
           std::any_of(sink_hits_.begin(), sink_hits_.end(),
                       [&](const auto& sink) { return sink.second.span == hit.span; });
  }

  void mark_propagators() {
    for (const TaintPropagator& propagator : spec_.propagators) {
      for (const Hit& hit : evaluator_.run(propagator.formula)) {
        const Binding& from = hit.env[propagator.from];
        const Binding& to = hit.env[propagator.to];
        if (from.what == Binding::What::term && to.what == Binding::What::term)
          add(propagators_, from.term, to.term);
      }
    }
  }

  // Statements.

  void statement(TermId t, Store& store) {
    if (!budget_.spend()) return;
    if (++depth_ > k_max_depth) {
      budget_.exhausted = "code is nested too deep for taint analysis";
      --depth_;
      return;
    }
    switch (terms_.role(t)) {
      case Role::block:
      case Role::members:
        for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c))
          statement(c, store);
        break;
      case Role::if_:
        branch(t, store);
        break;
      case Role::loop:
        loop(t, store);
        break;
      case Role::attempt:
        attempt(t, store);
        break;
      case Role::function:
        function(t, store);
        break;
      case Role::class_:
        for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c))
          statement(c, store);
        break;
      case Role::end_:
        other_statement(t, store);
        break;
      default:
        static_cast<void>(expression(t, store));
    }
    --depth_;
  }

  void branch(TermId t, Store& store) {
    static_cast<void>(expression(terms_.child(t, 0), store));
    Store other = store;
    statement(terms_.child(t, 1), store);
    const TermId otherwise = terms_.child(t, 2);
    if (otherwise != k_no_term && !terms_.is(otherwise, Role::absent)) statement(otherwise, other);
    store.join(other);
  }

  void loop(TermId t, Store& store) {
    const TermId header = terms_.child(t, 0);
    const TermId body = terms_.child(t, 1);
    for (int i = 0; i < k_max_loop_runs; ++i) {
      const Store before = store;
      const auto parts = terms_.children(header);
      if (parts.size() == 2) {
        // for x in xs: the elements carry what the collection carries.
        const Taints taints = expression(parts[1], store);
        assign(parts[0], taints, store);
      } else {
        for (const TermId part : parts) static_cast<void>(expression(part, store));
      }
      if (body != k_no_term) statement(body, store);
      store.join(before);
      if (store == before) return;
    }
  }

  void attempt(TermId t, Store& store) {
    Store before = store;
    statement(terms_.child(t, 0), store);
    before.join(store);  // a handler may run from anywhere in the body
    Store after = store;
    const TermId handlers = terms_.child(t, 1);
    for (const TermId handler : terms_.children(handlers)) {
      Store own = before;
      statement(handler, own);
      after.join(own);
    }
    store = std::move(after);
  }

  void function(TermId t, const Store& outer) {
    Store store = outer;
    for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c)) {
      if (terms_.is(c, Role::parameters)) {
        for (const TermId parameter : terms_.children(c)) bind_parameter(parameter, store);
      } else if (terms_.is(c, Role::block)) {
        statement(c, store);
      } else if (terms_.is(c, Role::decorators)) {
        static_cast<void>(expression(c, store));
      }
    }
  }

  // A parameter is clean, unless its name is a source here.
  void bind_parameter(TermId t, Store& store) {
    for (TermId c = t; c < terms_[t].end; ++c) {
      if (!terms_.is(c, Role::name)) continue;
      const PlaceOf place = place_of(program_, c);
      if (place.place.valid()) store.set(place.place, source_taints(c, {}));
    }
    const TermId bound = terms_.child(t, 0);
    const TermId standard = terms_.child(t, 2);
    if (!terms_.is(t, Role::parameter) || standard == k_no_term || terms_.is(standard, Role::absent)) return;
    const PlaceOf place = place_of(program_, bound);
    if (place.place.valid()) store.add(place.place, expression(standard, store));
  }

  // A statement of the grammar's own kind: its blocks may or may not run; the rest is evaluated in order.
  void other_statement(TermId t, Store& store) {
    const bool once = (terms_[t].flags & k_statement) == 0;
    if (once) {
      static_cast<void>(expression(t, store));
      return;
    }
    Taints all;
    bool blocks = false;
    for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c)) {
      blocks = blocks || terms_.is(c, Role::block);
      if (!terms_.is(c, Role::block)) join(all, expression(c, store));
    }
    for (int i = 0; blocks && i < k_max_loop_runs; ++i) {
      const Store before = store;
      for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c)) {
        if (terms_.is(c, Role::block)) {
          statement(c, store);
        } else if (i > 0) {
          static_cast<void>(expression(c, store));
        }
      }
      store.join(before);
      if (store == before) break;
    }
    check_sink(t, all);
  }

  // Expressions: the taints of the value. Sinks are checked on the way.

  Taints expression(TermId t, Store& store) {
    if (t == k_no_term || !budget_.spend()) return {};
    if (++depth_ > k_max_depth) {
      budget_.exhausted = "code is nested too deep for taint analysis";
      --depth_;
      return {};
    }
    Taints reaching;  // of call-like terms: what their parts carry
    Taints taints = value(t, store, reaching);
    --depth_;
    join(reaching, taints);
    if (const auto extra = propagated_.find(t); extra != propagated_.end()) join(taints, extra->second);
    taints = source_taints(t, std::move(taints));
    const bool call = terms_.is(t, Role::call) || terms_.is(t, Role::create);
    check_sink(t, call ? reaching : sanitizers_.contains(t) ? Taints{} : taints);
    if (sanitizers_.contains(t)) taints.clear();
    side_effects(t, taints, store);
    return taints;
  }

  Taints value(TermId t, Store& store, Taints& reaching) {
    switch (terms_.role(t)) {
      case Role::name: {
        const PlaceOf place = place_of(program_, t);
        return (terms_[t].flags & k_label) != 0 ? Taints{} : store.get(place.place);
      }
      case Role::attribute:
      case Role::index:
        return access(t, store);
      case Role::call:
      case Role::create:
        return call(t, store, reaching);
      case Role::assign: {
        const Taints taints = expression(terms_.child(t, 1), store);
        assign_pairwise(terms_.child(t, 0), terms_.child(t, 1), taints, store);
        return taints;
      }
      case Role::augmented: {
        Taints taints = expression(terms_.child(t, 2), store);
        const PlaceOf place = place_of(program_, terms_.child(t, 0));
        join(taints, expression(terms_.child(t, 0), store));
        if (place.place.valid()) store.add(place.place, taints);
        return taints;
      }
      case Role::function:
        function(t, store);
        return {};
      case Role::class_:
      case Role::if_:
      case Role::loop:
      case Role::attempt:
      case Role::block:
        statement(t, store);
        return {};
      default:
        return parts(t, store);
    }
  }

  // Everything below, in order; clauses that bind names (comprehensions, `as`) first.
  Taints parts(TermId t, Store& store) {
    for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c)) {
      if (binding_slot(c)) static_cast<void>(expression(c, store));
    }
    const auto slot = binding_slot(t);
    Taints all;
    std::size_t index = 0;
    for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c), ++index) {
      if (slot && *slot == index) continue;
      if (terms_.is(c, Role::pair)) {
        join(all, expression(terms_.child(c, 1), store));
        if ((terms_[terms_.child(c, 0)].flags & k_label) == 0)
          join(all, expression(terms_.child(c, 0), store));
      } else {
        join(all, expression(c, store));
      }
    }
    if (slot) {
      const TermId bound = terms_.child(t, *slot);
      if (bound != k_no_term) assign(bound, all, store);
    }
    return all;
  }

  // Which child of this term binds names, if any.
  std::optional<std::size_t> binding_slot(TermId t) const {
    if (terms_.role(t) != Role::end_) return std::nullopt;
    for (const BindingRow& row : program_.table().bindings) {
      if (kind_of(row.kind) == terms_[t].kind) return row.slot;
    }
    return std::nullopt;
  }

  // `a.b`, `a[i]`: the place itself if it is one, else what the object carries; an index adds its own.
  Taints access(TermId t, Store& store) {
    const TermId object = terms_.child(t, 0);
    Taints taints = expression(object, store);
    const PlaceOf place = place_of(program_, t);
    if (place.place.valid()) {
      taints = store.get(place.place);
      // What the object is by itself, the store does not know.
      for (TermId o = object; o != k_no_term && !sanitizers_.contains(o); o = terms_.first_child(o)) {
        taints = source_taints(o, std::move(taints));
        if (!terms_.is(o, Role::attribute) && !terms_.is(o, Role::index)) break;
      }
    }
    if (terms_.is(t, Role::index)) {
      for (TermId c = terms_.child(t, 1); c != k_no_term; c = terms_.next_sibling(c)) {
        const Taints index = expression(c, store);
        if (!rule_.options.assume_safe_indexes) join(taints, index);
      }
    }
    return taints;
  }

  Taints call(TermId t, Store& store, Taints& reaching) {
    const TermId callee = terms_.child(t, 0);
    Taints taints = expression(callee, store);
    if (terms_.is(callee, Role::attribute)) join(taints, expression_of_receiver(callee, store));
    for (const TermId argument : terms_.children(terms_.child(t, 1))) {
      join(taints,
           expression(terms_.is(argument, Role::keyword) ? terms_.child(argument, 1) : argument, store));
    }
    reaching = taints;
    if (rule_.options.assume_safe_functions) return {};
    return taints;
  }

  // A method's result carries what its object carries, whatever is known of the field of that name.
  Taints expression_of_receiver(TermId callee, Store& store) {
    const TermId object = terms_.child(callee, 0);
    const PlaceOf place = place_of(program_, object);
    Taints taints = place.place.valid() ? store.get(place.place) : Taints{};
    return sanitizers_.contains(object) ? Taints{} : taints;
  }

  // a, b = x, y element by element; else everything gets all.
  void assign_pairwise(TermId left, TermId right, const Taints& taints, Store& store) {
    if (left == k_no_term || right == k_no_term) return;
    const bool lists = (terms_.is(left, Role::tuple) || terms_.is(left, Role::list)) &&
                       (terms_.is(right, Role::tuple) || terms_.is(right, Role::list));
    const auto lefts = terms_.children(left);
    const auto rights = terms_.children(right);
    if (lists && lefts.size() == rights.size()) {
      for (std::size_t i = 0; i < lefts.size(); ++i) assign(lefts[i], expression(rights[i], store), store);
      return;
    }
    assign(left, taints, store);
  }

  void assign(TermId left, const Taints& taints, Store& store) {
    const PlaceOf place = place_of(program_, left);
    if (place.place.valid()) {
      if (place.exact) {
        store.set(place.place, taints);
      } else {
        store.add(place.place, taints);
      }
      if (!taints.empty()) note_step(taints, terms_[left].span);
      return;
    }
    if (terms_.is(left, Role::pair)) return assign(terms_.child(left, 1), taints, store);
    if (terms_.role(left) == Role::call) return;
    for (const TermId c : terms_.children(left)) assign(c, taints, store);
  }

  void note_step(const Taints& taints, Span span) {
    for (const std::uint32_t origin : taints) {
      auto& steps = origins_[origin].steps;
      if (steps.size() < k_max_steps_shown && std::find(steps.begin(), steps.end(), span) == steps.end())
        steps.push_back(span);
    }
  }

  // Adds the taints that begin at this term.
  Taints source_taints(TermId t, Taints taints) {
    const auto marked = sources_.find(t);
    if (marked == sources_.end()) return taints;
    for (const std::uint32_t origin : marked->second) {
      const TaintSource& source = spec_.sources[origins_[origin].source];
      if (!source.requires_.empty() && !label_holds(source.requires_, labels(taints))) continue;
      join(taints, {origin});
    }
    return taints;
  }

  void side_effects(TermId t, const Taints& taints, Store& store) {
    if (const auto marked = sources_.find(t); marked != sources_.end()) {
      for (const std::uint32_t origin : marked->second) {
        const PlaceOf place = place_of(program_, t);
        if (spec_.sources[origins_[origin].source].by_side_effect && place.place.valid())
          store.add(place.place, {origin});
      }
    }
    if (effect_sanitizers_.contains(t)) {
      const PlaceOf place = place_of(program_, t);
      if (place.place.valid()) store.set(place.place, {});
    }
    if (const auto marked = propagators_.find(t); marked != propagators_.end() && !taints.empty()) {
      for (const std::uint32_t to : marked->second) {
        join(propagated_[to], taints);
        const PlaceOf place = place_of(program_, to);
        if (place.place.valid()) store.add(place.place, taints);
      }
    }
  }

  std::vector<std::string_view> labels(const Taints& taints) const {
    std::vector<std::string_view> found;
    for (const std::uint32_t origin : taints) found.push_back(spec_.sources[origins_[origin].source].label);
    return found;
  }

  void check_sink(TermId t, const Taints& taints) {
    if (taints.empty()) return;
    const auto marked = sinks_.find(t);
    if (marked == sinks_.end()) return;
    for (const std::uint32_t index : marked->second) {
      const auto& [sink, hit] = sink_hits_[index];
      const std::string& wanted = spec_.sinks[sink].requires_;
      if (!wanted.empty() && !label_holds(wanted, labels(taints))) continue;
      for (const std::uint32_t origin : taints) {
        if (rule_.options.unify_metavariables && !compatible(terms_, hit.env, origins_[origin].hit.env))
          continue;
        report(hit, origins_[origin]);
        break;
      }
    }
  }

  void report(const Hit& sink, const Origin& origin) {
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

  const Rule& rule_;
  const TaintSpec& spec_;
  Evaluator& evaluator_;
  const Program& program_;
  const TermTree& terms_;
  Budget& budget_;
  std::vector<Origin> origins_;
  std::vector<std::pair<std::size_t, Hit>> sink_hits_;  // index in the rule's sinks
  Marks sources_;                                       // term → origins
  Marks sinks_;                                         // term → sink hits
  Marks sanitizers_;
  Marks effect_sanitizers_;
  Marks propagators_;  // from → to
  std::unordered_map<TermId, Taints> propagated_;
  std::vector<TaintHit> found_;
  int depth_ = 0;
};

}  // namespace

std::vector<TaintHit> taint_hits(const Rule& rule, Evaluator& evaluator, const Program& program,
                                 Budget& budget) {
  return Analysis(rule, evaluator, program, budget).run();
}

}  // namespace sluice::rules

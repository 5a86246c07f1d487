// What taints the value of an expression has, and what assignments keep.
#include "rules/taint_walk.h"

namespace sluice::rules {

Taints TaintWalk::expression(TermId t, Store& store) {
  if (t == k_no_term || !budget_.spend()) return {};
  if (++depth_ > k_max_taint_depth) {
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
  check_sink(t, call ? reaching : marks_.sanitizers.contains(t) ? Taints{} : taints);
  if (marks_.sanitizers.contains(t)) taints.clear();
  side_effects(t, taints, store);
  return taints;
}

Taints TaintWalk::value(TermId t, Store& store, Taints& reaching) {
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

Taints TaintWalk::parts(TermId t, Store& store) {
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
      if ((terms_[terms_.child(c, 0)].flags & k_label) == 0) join(all, expression(terms_.child(c, 0), store));
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

std::optional<std::size_t> TaintWalk::binding_slot(TermId t) const {
  if (terms_.role(t) != Role::end_) return std::nullopt;
  for (const BindingRow& row : program_.table().bindings) {
    if (kind_of(row.kind) == terms_[t].kind) return row.slot;
  }
  return std::nullopt;
}

Taints TaintWalk::access(TermId t, Store& store) {
  const TermId object = terms_.child(t, 0);
  Taints taints = expression(object, store);
  const PlaceOf place = place_of(program_, t);
  if (place.place.valid()) {
    taints = store.get(place.place);
    // What the object is by itself, the store does not know.
    for (TermId o = object; o != k_no_term && !marks_.sanitizers.contains(o); o = terms_.first_child(o)) {
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

Taints TaintWalk::call(TermId t, Store& store, Taints& reaching) {
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

Taints TaintWalk::expression_of_receiver(TermId callee, Store& store) {
  const TermId object = terms_.child(callee, 0);
  const PlaceOf place = place_of(program_, object);
  Taints taints = place.place.valid() ? store.get(place.place) : Taints{};
  return marks_.sanitizers.contains(object) ? Taints{} : taints;
}

void TaintWalk::assign_pairwise(TermId left, TermId right, const Taints& taints, Store& store) {
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

void TaintWalk::assign(TermId left, const Taints& taints, Store& store) {
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

}  // namespace sluice::rules

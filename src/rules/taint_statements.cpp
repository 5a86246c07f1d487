// How statements move the store: branches are joined, loops run until nothing changes.
#include "rules/taint_walk.h"

namespace sluice::rules {

void TaintWalk::statement(TermId t, Store& store) {
  if (!budget_.spend()) return;
  if (++depth_ > k_max_taint_depth) {
    budget_.exhausted = "code is nested too deep for taint analysis";
    --depth_;
    return;
  }
  switch (terms_.role(t)) {
    case Role::block:
    case Role::members:
      for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c)) statement(c, store);
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
      for (TermId c = terms_.first_child(t); c != k_no_term; c = terms_.next_sibling(c)) statement(c, store);
      break;
    case Role::end_:
      other_statement(t, store);
      break;
    default:
      static_cast<void>(expression(t, store));
  }
  --depth_;
}

void TaintWalk::branch(TermId t, Store& store) {
  static_cast<void>(expression(terms_.child(t, 0), store));
  Store other = store;
  statement(terms_.child(t, 1), store);
  const TermId otherwise = terms_.child(t, 2);
  if (otherwise != k_no_term && !terms_.is(otherwise, Role::absent)) statement(otherwise, other);
  store.join(other);
}

void TaintWalk::loop(TermId t, Store& store) {
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

void TaintWalk::attempt(TermId t, Store& store) {
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

void TaintWalk::function(TermId t, const Store& outer) {
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

void TaintWalk::bind_parameter(TermId t, Store& store) {
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

void TaintWalk::other_statement(TermId t, Store& store) {
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

}  // namespace sluice::rules

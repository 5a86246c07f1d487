#include "rules/taint_store.h"

#include <algorithm>
#include <functional>

namespace sluice::rules {

void unite(Taints& into, const Taints& more) {
  if (more.empty()) return;
  if (into.empty()) {
    into = more;
    return;
  }
  Taints both;
  std::set_union(into.begin(), into.end(), more.begin(), more.end(), std::back_inserter(both));
  into = std::move(both);
}

bool Place::is_prefix_of(const Place& other) const {
  return length <= other.length &&
         std::equal(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(length), other.parts.begin());
}

PlaceOf place_of(const Program& program, TermId id) {
  const TermTree& terms = program.terms();
  PlaceOf found;
  switch (terms.role(id)) {
    case Role::name: {
      const std::uint32_t variable = terms[id].variable;
      // Names that no scope declares are globals: told apart by their text.
      const std::uint64_t part = variable != k_no_variable
                                     ? variable
                                     : (1ULL << 63U) | std::hash<std::string_view>{}(terms[id].text);
      found.place.parts[0] = part;
      found.place.length = 1;
      return found;
    }
    case Role::attribute:
    case Role::index: {
      const TermId object = terms.child(id, 0);
      const TermId field = terms.child(id, 1);
      if (object == k_no_term || field == k_no_term) return found;
      found = place_of(program, object);
      if (!found.place.valid() || !found.exact) return found;
      const TermId key = terms.is(id, Role::attribute) ? field : program.constant(field);
      if (key == k_no_term || found.place.length == Place::k_max_length) {
        found.exact = false;
        return found;
      }
      found.place.parts[found.place.length++] = std::hash<std::string_view>{}(terms[key].text);
      return found;
    }
    case Role::end_:
      // `this`, `self` as a keyword: a leaf of the grammar.
      if (terms.first_child(id) == k_no_term && (terms[id].text == "this" || terms[id].text == "super")) {
        found.place.parts[0] = (1ULL << 63U) | std::hash<std::string_view>{}(terms[id].text);
        found.place.length = 1;
      }
      return found;
    default:
      return found;
  }
}

Taints Store::get(const Place& place) const {
  Taints taints;
  // The longest written prefix decides.
  for (Place prefix = place; prefix.valid(); --prefix.length) {
    const auto found = places_.find(prefix);
    if (found != places_.end()) {
      taints = found->second;
      break;
    }
    prefix.parts[prefix.length - 1] = 0;
  }
  for (auto below = places_.upper_bound(place); below != places_.end() && place.is_prefix_of(below->first);
       ++below) {
    unite(taints, below->second);
  }
  return taints;
}

void Store::set(const Place& place, Taints taints) {
  auto below = places_.lower_bound(place);
  while (below != places_.end() && place.is_prefix_of(below->first)) below = places_.erase(below);
  places_.emplace(place, std::move(taints));
}

void Store::add(const Place& place, const Taints& taints) {
  const auto [found, fresh] = places_.try_emplace(place);
  if (fresh) {
    Place prefix = place;
    for (prefix.parts[--prefix.length] = 0; prefix.valid(); prefix.parts[--prefix.length] = 0) {
      const auto outer = places_.find(prefix);
      if (outer == places_.end()) continue;
      found->second = outer->second;
      break;
    }
  }
  unite(found->second, taints);
}

void Store::join(const Store& other) {
  for (const auto& [place, taints] : other.places_) {
    const auto mine = places_.find(place);
    if (mine != places_.end()) {
      unite(mine->second, taints);
    } else {
      Taints both = get(place);
      unite(both, taints);
      places_.emplace(place, std::move(both));
    }
  }
  // What only this store knows to be clean may be tainted there through a prefix.
  for (auto& [place, taints] : places_) {
    if (!other.places_.contains(place)) unite(taints, other.get(place));
  }
}

}  // namespace sluice::rules

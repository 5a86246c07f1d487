// The state of a taint analysis at one point: which variables and fields hold which taints.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "rules/program.h"

namespace sluice::rules {

// Sorted indices of taint origins.
using Taints = std::vector<std::uint32_t>;

void unite(Taints& into, const Taints& more);

// A variable and the fields below it: `a.b["c"]` → (a, b, c). Deeper fields count as the one at the limit.
struct Place {
  static constexpr std::size_t k_max_length = 4;
  std::array<std::uint64_t, k_max_length> parts{};
  std::size_t length = 0;

  [[nodiscard]] bool valid() const { return length > 0; }
  [[nodiscard]] bool is_prefix_of(const Place& other) const;
  friend auto operator<=>(const Place& a, const Place& b) = default;
};

// The place that an expression names, or an invalid one. `exact` is false when the expression goes deeper or
// through an index that is not constant: then only a weak update is right.
struct PlaceOf {
  Place place;
  bool exact = true;
};
[[nodiscard]] PlaceOf place_of(const Program& program, TermId id);

class Store {
 public:
  // Taints of the place: those of the longest prefix that was written, and of everything below it.
  [[nodiscard]] Taints get(const Place& place) const;
  void set(const Place& place, Taints taints);  // forgets what was below
  void add(const Place& place, const Taints& taints);
  void join(const Store& other);
  friend bool operator==(const Store&, const Store&) = default;

 private:
  // An empty set is a place known to be clean, which hides the taints of a prefix.
  std::map<Place, Taints> places_;
};

}  // namespace sluice::rules

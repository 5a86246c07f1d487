// Prefilter: what a file must contain for a rule to be worth trying.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rules/term.h"

namespace sluice::rules {

struct Formula;
struct Pattern;

// The identifier-like words of a text (letters, digits, `_`, and every byte over 127).
class Words {
 public:
  explicit Words(std::string_view text);
  [[nodiscard]] bool has(std::string_view word) const { return words_.contains(word); }

 private:
  std::unordered_set<std::string_view> words_;  // views into the text
};

// Conjunction of clauses; a clause holds if one of its words occurs. No clause: always.
struct Prefilter {
  using Clause = std::vector<std::string>;
  std::vector<Clause> clauses;

  [[nodiscard]] bool admits(const Words& words) const;
};

// What every match of the formula needs. `patterns` by leaf.
[[nodiscard]] Prefilter needed_words(const Formula& formula, const std::vector<Pattern>& patterns);
// At least one of the two must hold.
[[nodiscard]] Prefilter either(const Prefilter& a, const Prefilter& b);

}  // namespace sluice::rules

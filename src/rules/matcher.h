// Matcher: one pattern against the terms of one file, by back-tracking. Continuations are called for each way
// of matching; a continuation that returns true stops the search.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "rules/env.h"
#include "rules/pattern.h"
#include "rules/program.h"

namespace sluice::rules {

// A non-owning reference to a callable `bool()`.
class Continuation {
 public:
  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Continuation>)
  Continuation(F&& f)  // implicit: lambdas are passed in place
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object) -> bool { return (*static_cast<std::remove_reference_t<F>*>(object))(); }) {}
  bool operator()() const { return call_(object_); }

 private:
  void* object_;
  bool (*call_)(void*);
};

// What all matchers of one file share: the budget that keeps a hostile file or rule from running for ever.
struct Budget {
  std::uint64_t steps = 0;
  std::uint64_t max_steps = 0;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::string exhausted;  // why matching stopped early; empty if it did not

  // False when the budget is used up; matching then unwinds.
  [[nodiscard]] bool spend();
};

struct Hit {
  Span span;
  Env env;
  TermId term = k_no_term;  // the matched term; k_no_term for sequences and texts
  bool window = false;      // from pattern-inside: it limits others, and is no result beside them
};

class Matcher {
 public:
  Matcher(const Program& program, const Pattern& pattern, std::size_t variables, bool symbolic,
          Budget& budget);

  // All matches whose terms lie in [begin, end).
  [[nodiscard]] std::vector<Hit> all(TermId begin, TermId end);

 private:
  // p_ are terms of the pattern, t_ of the target.
  bool term(TermId p, TermId t, Continuation k);
  bool structure(TermId p, TermId t, Continuation k);
  bool alternatives(TermId p, TermId t, Continuation k);
  bool metavariable(TermId p, TermId t, Continuation k);
  bool bind(std::uint32_t variable, const Binding& binding, Continuation k);
  bool deep(TermId p, TermId begin, TermId end, Continuation k);
  bool module(TermId p, TermId t, Continuation k);
  bool import(TermId p, TermId t, Continuation k);
  bool chain(TermId p, TermId t, Continuation k);
  bool typed(TermId p, TermId t, Continuation k);
  bool strings(TermId p, TermId t, Continuation k);
  bool slots(TermId p, TermId t, Continuation k);
  bool slot_tail(Role role, std::size_t index, TermId p, TermId t, Continuation k);

  using Items = std::span<const TermId>;
  bool ordered(Items p, Items t, Continuation k);
  bool unordered(Items p, Items t, std::vector<bool>& used, bool open, Continuation k);
  bool list(TermId p, TermId t, Continuation k);
  bool arguments(Items p, Items t, Continuation k);
  bool template_parts(Items p, Items t, Continuation k);
  bool statements(Items p, std::size_t first_item, TermId from, TermId end, bool adjacent, Continuation k);
  bool statement(TermId p, bool expression, TermId t, Continuation k);
  bool metalist(TermId p, Items taken, Continuation k);

  void single(std::vector<Hit>& hits, TermId begin, TermId end);
  void sequences(std::vector<Hit>& hits, TermId begin, TermId end);
  [[nodiscard]] std::vector<TermId> candidates(TermId begin, TermId end) const;
  [[nodiscard]] bool is_hole(TermId p, Role role) const { return pattern_.is(p, role); }

  const Program& program_;
  const TermTree& target_;
  const Pattern& compiled_;
  const TermTree& pattern_;
  bool symbolic_;
  Budget& budget_;
  Env env_;
  int alternative_depth_ = 0;
  Span alternative_span_;  // of the name whose alternative is being matched
  TermId last_end_ = 0;    // end of the statement sequence that is being matched
};

}  // namespace sluice::rules

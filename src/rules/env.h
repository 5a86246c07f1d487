// Env: what the metavariables of one match are bound to.
#pragma once

#include <string_view>
#include <vector>

#include "base/span.h"
#include "rules/term.h"

namespace sluice::rules {

class Program;

struct Binding {
  enum class What : std::uint8_t { nothing, term, list, text };
  What what = What::nothing;
  TermId term =
      k_no_term;  // the term; the first term of a list; of text, the string that holds it or k_no_term
  TermId end = k_no_term;  // of lists: one past the last term
  Span span;               // in the file
  std::string_view text;   // of text: the content

  [[nodiscard]] bool bound() const { return what != What::nothing; }
};

using Env = std::vector<Binding>;  // by index of the rule's Variables

// True if both are bound to the same code (whatever the white space), or the same text.
// With `symbolic`, a name and the expression that it was assigned are the same too.
[[nodiscard]] bool same(const TermTree& terms, const Binding& a, const Binding& b,
                        const Program* symbolic = nullptr);

// True if the two agree on every metavariable that both bind.
[[nodiscard]] bool compatible(const TermTree& terms, const Env& a, const Env& b,
                              const Program* symbolic = nullptr);

// What `a` binds, and what `b` binds besides.
[[nodiscard]] Env merged(const Env& a, const Env& b);

[[nodiscard]] bool equal(const Env& a, const Env& b);  // the same places

}  // namespace sluice::rules

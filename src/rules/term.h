// Term tree: the form in which patterns and targets are compared. A syntax tree of any language is lowered
// into it by its language table (rules/languages/): parentheses, punctuation, comments and statement wrappers
// are gone; calls, member accesses, assignments, functions, strings … have the same role and the same slots
// in every language; what has no role keeps its grammar kind. Nodes lie in pre-order in one array, so that
// skipping a subtree is an addition.
//
// Lowering is the same code for patterns and targets: what is equal in meaning becomes equal in form, and the
// matcher itself has few special cases.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/span.h"
#include "syntax/tree.h"

namespace sluice::rules {

using TermId = std::uint32_t;
inline constexpr TermId k_no_term = UINT32_MAX;

// What a term is, in every language alike.
enum class Role : std::uint16_t {
  absent,  // an optional slot that is empty
  name,    // identifier, also in label position
  number,
  string,      // text = content without quotes; child: none
  template_,   // string with holes: parts and expressions
  part,        // literal text inside a template
  operator_,   // "+", "==": the operator of unary, binary, augmented
  attribute,   // object, name
  index,       // object, index…
  call,        // callee, arguments
  create,      // `new`: constructor, arguments
  arguments,   // list; keyword arguments in any order
  keyword,     // name, value
  spread,      // *x, ...x
  assign,      // left, right
  augmented,   // left, operator, right
  binary,      // left, operator, right
  unary,       // operator, operand
  list,        // [a, b]
  tuple,       // a, b
  dictionary,  // list of pair, spread, function; in any order
  set,
  pair,        // key, value
  function,    // decorators, name, parameters, type, block
  class_,      // decorators, name, bases, block
  decorators,  // list in any order
  parameters,  // list
  parameter,   // name, type, default
  bases,       // list in any order
  block,       // statement list
  members,     // body of a class: block whose items may stand in any order
  if_,         // condition, block, else
  import_,     // module, name, alias: one for each imported name
  element,     // markup: name, attributes, children
  attributes,  // of markup, in any order
  loop,        // header, block
  header,      // of a loop: list
  attempt,     // try: block, handlers
  handlers,    // list in any order
  comparison,  // a < b < c: operand, operator, operand, …
  // Only in patterns:
  ellipsis,      // ...
  metavariable,  // $X
  metalist,      // $...X
  deep,          // <... e ...>
  typed,         // (T $X), ($X: T): metavariable, type
  any_string,    // "..."
  string_regex,  // "=~/re/"
  end_
};
// Kind of a term: a Role, or a hash of the name that the grammar gives it, so that grammars of one family
// (JavaScript, TypeScript) share their kinds and a pattern parsed with one matches targets parsed with
// another.
using Kind = std::uint32_t;
inline constexpr Kind k_first_grammar_kind = 0x8000'0000;
[[nodiscard]] constexpr Kind kind_of(Role role) {
  return static_cast<Kind>(role);
}
[[nodiscard]] constexpr Kind kind_of(std::string_view grammar_name) {
  Kind hash = 2166136261U;  // FNV-1a
  for (const char c : grammar_name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash | k_first_grammar_kind;
}

// Term flags.
inline constexpr std::uint8_t k_label =
    1;  // not an expression of its own: a member's name, a keyword's name, a key
inline constexpr std::uint8_t k_structural = 2;  // never matched by a bare metavariable: lists, slots, parts
inline constexpr std::uint8_t k_synthetic = 4;   // made by us (resolved import), not in the text
inline constexpr std::uint8_t k_has_hole = 8;    // patterns: a metavariable or ellipsis is below
inline constexpr std::uint8_t k_formatted = 16;  // a string written as a template (f"…", `…`)
inline constexpr std::uint8_t k_declared =
    32;  // a function or class written as a declaration, not an expression
inline constexpr std::uint8_t k_exact = 64;       // a string put together from adjacent literals
inline constexpr std::uint8_t k_statement = 128;  // of a grammar kind that is a statement and no expression
inline constexpr std::uint32_t k_no_variable = UINT32_MAX;

struct Term {
  Kind kind = 0;
  std::uint8_t flags = 0;
  Span span;
  TermId parent = k_no_term;
  TermId end = 0;          // subtree is [id, end)
  std::string_view text;   // of leaves; content of strings
  std::uint64_t hash = 0;  // of the subtree, without spans
  std::uint32_t variable =
      k_no_variable;  // names: index of the variable it denotes; patterns: of the metavariable
};

class TermTree {
 public:
  [[nodiscard]] const Term& operator[](TermId id) const { return terms_[id]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(terms_.size()); }
  [[nodiscard]] bool is(TermId id, Role role) const { return terms_[id].kind == kind_of(role); }
  [[nodiscard]] Role role(TermId id) const {
    return terms_[id].kind < k_first_grammar_kind ? static_cast<Role>(terms_[id].kind) : Role::end_;
  }
  [[nodiscard]] TermId first_child(TermId id) const { return terms_[id].end > id + 1 ? id + 1 : k_no_term; }
  [[nodiscard]] TermId next_sibling(TermId id) const {
    const TermId parent = terms_[id].parent;
    return parent != k_no_term && terms_[id].end < terms_[parent].end ? terms_[id].end : k_no_term;
  }
  [[nodiscard]] TermId child(TermId id, std::size_t slot) const;  // k_no_term if there are fewer
  [[nodiscard]] std::vector<TermId> children(TermId id) const;
  // Same kinds and texts, whatever the spans.
  [[nodiscard]] static bool equal(const TermTree& a, TermId x, const TermTree& b, TermId y);

  // Building, in pre-order: open, children, close. Texts must outlive the tree, or come from keep().
  TermId open(Kind kind, Span span, std::uint8_t flags = 0, std::string_view text = {});
  TermId open(Role role, Span span, std::uint8_t flags = 0, std::string_view text = {}) {
    return open(kind_of(role), span, flags, text);
  }
  void close(TermId id);
  TermId leaf(Role role, Span span, std::string_view text, std::uint8_t flags = 0);
  std::string_view keep(std::string text);
  [[nodiscard]] Term& edit(TermId id) { return terms_[id]; }
  // Removes everything from `id` on: for lowering that turns out otherwise.
  void truncate(TermId id) { terms_.resize(id); }

 private:
  std::vector<Term> terms_;
  std::deque<std::string> kept_;  // deque: views into its strings stay valid
  TermId open_ = k_no_term;
};

}  // namespace sluice::rules

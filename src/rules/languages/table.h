// Language tables: how the kinds of one grammar are lowered to terms. Data first; what no table can say
// (imports, decorators, markup) is a small hook. Adding a language = one table file here and one line in
// all_tables().
#pragma once

#include <span>
#include <string_view>

#include "rules/term.h"

namespace sluice::rules {

class Lowering;

enum class Form : std::uint8_t {
  slots,        // `role` (or the grammar kind if Role::absent) with the slots named in `spec`
  list,         // `role` with all named children
  transparent,  // the children stand in its place
  first,        // the first named child stands in its place: `x as T` → x
  tuple,        // transparent for one child, a tuple for several
  drop,         // nothing
  name,         // leaf
  number,       // leaf
  string,       // a string, or a template if it has holes
  strings,      // adjacent strings joined
  hole,         // a hole of a template: its expression
  hook,         // `hook` lowers it
};

// `spec` lists the slots, separated by spaces: FIELD, or FIELD:MODE, or FIELD|FIELD:MODE. A FIELD is a field
// name of the grammar, `@KIND` (children of that kind), a digit (the n-th named child), `*` (all named
// children) or `-` (always empty). An empty slot gives Role::absent. Modes:
//   (none)      an expression          label    a name that is no expression of its own
//   binding     what is bound: a label if it is a plain name, else a pattern with names inside
//   block       a statement list; a single statement becomes a list of one
//   else        the rest of an if chain, as a block
//   params      a parameter list; each item becomes a Role::parameter
//   args        an argument list       bases, members, attributes   lists of that role
//   operator    the token's text       key      a label if it is an identifier or a string
//   type        a type: an empty slot of the pattern matches any type
//   header, handlers   lists of that role
//   rest        all children with that field, as further children
//   decorators  the decorators of this definition
struct KindRow {
  std::string_view kind;
  Form form = Form::slots;
  Role role = Role::absent;
  std::string_view spec;
  std::uint8_t flags = 0;
  void (*hook)(Lowering&, syntax::NodeId) = nullptr;
};

// A kind without a role of its own whose n-th slot binds names: loops, handlers, `as`.
struct BindingRow {
  std::string_view kind;
  std::size_t slot = 0;
};

// How a pattern text is wrapped to be parsed, and where the pattern stands then.
struct Wrapper {
  // A pattern that begins so is tried with this wrapper first.
  enum class Prefer : std::uint8_t { no, brace, pair };
  std::string_view before;
  std::string_view after;
  Role inside = Role::block;  // the first term of this role holds the pattern
  Prefer prefer = Prefer::no;
};

// How `...` is written so that the grammar accepts it; alternatives are tried in order.
struct EllipsisShape {
  std::string_view statement;        // where a statement may stand: "%;"
  std::string_view in_braces;        // as an element between braces
  std::string_view expression;       // anywhere else
  std::string_view attribute = "%";  // after `=`, as the value of a markup attribute
};

struct LanguageTable {
  std::string_view name;                         // the grammar: syntax::Language name
  std::span<const std::string_view> rule_names;  // names in `languages:` of rules that select it
  std::span<const KindRow> rows;
  std::span<const Wrapper> wrappers;  // tried in order
  std::span<const EllipsisShape> ellipses;
  std::span<const BindingRow> bindings;
  // Grammars that read this family's patterns, tried in order: patterns are compiled once for a family, since
  // its languages differ in nothing that terms show.
  std::string_view family;
  std::span<const std::string_view> pattern_grammars;
  std::span<const std::string_view> outer_names;  // kinds whose names belong to the file's scope: `global x`
  bool assignment_declares =
      false;                 // a plain assignment makes a local variable (else only a declaration does)
  bool dots_spread = false;  // `...x` is the language's own spread
  bool dictionary_is_open = false;  // a dictionary pattern matches a bigger dictionary
  std::string_view loop_header;  // how `...` is written as the whole header of a `for`; "" = as an expression
  bool colon_types = false;      // typed metavariables are written `($X: T)`
};

[[nodiscard]] std::span<const LanguageTable* const> all_tables();
[[nodiscard]] const LanguageTable* table_of(std::string_view grammar);  // null if the engine has none

// The canonical name of a rule's language ("py" → "python"), or "" if Semgrep has no such language.
[[nodiscard]] std::string_view canonical_language(std::string_view name);

extern const LanguageTable k_python_table;
extern const LanguageTable k_javascript_table;
extern const LanguageTable k_typescript_table;
extern const LanguageTable k_tsx_table;

}  // namespace sluice::rules

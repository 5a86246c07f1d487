// Program: one file made ready for matching: its terms, indices over them, and what its names denote.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/languages/table.h"
#include "rules/term.h"
#include "syntax/tree.h"

namespace sluice::rules {

// A variable, parameter, function, class or import of the file.
struct Variable {
  struct Definition {
    TermId at = k_no_term;     // the assignment, parameter, import …
    TermId value = k_no_term;  // the assigned expression, if it is assigned whole
  };
  std::string_view name;
  TermId scope = k_no_term;  // the function or class that holds it; k_no_term = the file
  std::vector<Definition> definitions;
  // What an import makes of it, as `a.b.c` (a synthetic term), from the import on.
  struct Import {
    TermId at = k_no_term;
    TermId full = k_no_term;
  };
  std::vector<Import> imports;
};

class Program {
 public:
  Program(const syntax::Tree& tree, const LanguageTable& table);

  [[nodiscard]] const TermTree& terms() const { return terms_; }
  [[nodiscard]] const LanguageTable& table() const { return table_; }
  [[nodiscard]] const syntax::Tree& tree() const { return tree_; }
  [[nodiscard]] std::string_view source() const { return tree_.source(); }
  [[nodiscard]] TermId end() const { return end_; }  // terms from here on are synthetic

  [[nodiscard]] std::span<const TermId> of_kind(Kind kind) const;  // ascending
  // Members of statement lists, ascending; deep `...` walks them.
  [[nodiscard]] const std::vector<TermId>& statements() const { return statements_; }

  // True if the term is a statement that is no expression: `if`, `return`, a declaration.
  [[nodiscard]] bool is_pure_statement(TermId id) const;

  [[nodiscard]] const std::vector<Variable>& variables() const { return variables_; }

  // Terms that `id` may stand for besides itself: the full name of an import, the constant of a variable or
  // of a concatenation; with `symbolic` any expression that a variable was assigned once. `extra` is filled
  // anew.
  void alternatives(TermId id, bool symbolic, std::vector<TermId>& found) const;
  // The literal that the expression always equals, or k_no_term.
  TermId constant(TermId id) const;
  // The value that the variable named here has, where exactly one assignment can have made it; or k_no_term.
  [[nodiscard]] TermId value_of(TermId name) const;
  // The innermost function around the term (not itself), or k_no_term.
  [[nodiscard]] TermId function_of(TermId id) const;

 private:
  friend class Resolver;
  [[nodiscard]] TermId reaching(TermId use, const Variable& variable) const;
  [[nodiscard]] TermId fold(TermId id, int depth) const;

  const syntax::Tree& tree_;
  const LanguageTable& table_;
  mutable TermTree terms_;  // folding a constant adds a synthetic term
  TermId end_ = 0;
  std::unordered_map<Kind, std::vector<TermId>> by_kind_;
  std::vector<TermId> statements_;
  std::vector<Variable> variables_;
  std::unordered_map<TermId, TermId> modules_;  // require('m') → its name
  mutable std::unordered_map<TermId, TermId> folded_;
  mutable std::unordered_map<TermId, TermId> values_;
};

}  // namespace sluice::rules

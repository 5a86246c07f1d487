// Pattern: one compiled pattern of a rule, for one grammar. The text is made legal for the grammar by putting
// placeholder identifiers for `$X`, `...`, `$...X` and `<... e ...>`, parsed with the grammar itself and
// lowered like a target.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/languages/table.h"
#include "rules/regex.h"
#include "rules/term.h"
#include "syntax/tree.h"

namespace sluice::rules {

// The metavariables of one rule; their index is the same in all its patterns.
class Variables {
 public:
  [[nodiscard]] std::uint32_t index(std::string_view name);       // "$X"; adds it if new
  [[nodiscard]] std::uint32_t find(std::string_view name) const;  // k_no_variable if unknown
  [[nodiscard]] const std::string& name(std::uint32_t index) const { return names_[index]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

// True for "$X", "$_", "$1", "$...X".
[[nodiscard]] bool is_metavariable(std::string_view text);

struct Pattern {
  std::unique_ptr<std::string> text;  // as parsed; the terms point into it
  TermTree terms;
  std::vector<TermId> items;  // one: an expression or statement; several: statements in order
  std::vector<bool> item_is_expression;
  std::vector<bool> binds;  // by term: a metavariable is at or below it, so that ways of matching differ
  std::vector<std::pair<TermId, Regex>> regexes;  // of string_regex terms, by id

  [[nodiscard]] bool is_sequence() const { return items.size() > 1; }
};

// Codes: rule.pattern-syntax (no way of reading it fits the grammar), rule.regex.
[[nodiscard]] Result<Pattern> compile_pattern(std::string_view text, const LanguageTable& table,
                                              Variables& variables, syntax::Parser& parser);

}  // namespace sluice::rules

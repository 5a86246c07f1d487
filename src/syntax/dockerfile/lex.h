// BuildKit's word language: quotes, escapes and variables of everything that is not shell text (FROM, ENV,
// COPY, …).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

struct LexOptions {
  char escape = '\\';
  bool raw_quotes = false;    // keep the quotes in the result
  bool raw_escapes = false;   // keep the escape character in the result
  bool keep_unset = false;    // an unset variable stays as written, instead of becoming empty
  bool plain_quotes = false;  // quotes are ordinary characters (heredoc content)
};

// The value of a variable, or none if it is unset.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Expansion {
  std::string text;                // the whole, blanks kept
  std::vector<std::string> words;  // split at unquoted blanks, as EXPOSE and the like want it
  std::vector<std::string> used;   // variables that were set, in order, each once
  std::vector<std::string> unset;  // variables that were not
  std::string error;               // not empty: BuildKit refuses it; text and words are empty then
  [[nodiscard]] bool ok() const { return error.empty(); }
};

// Expands $a ${a} ${a:-b} ${a-b} ${a:+b} ${a+b} ${a:?b} ${a?b} ${a#p} ${a##p} ${a%p} ${a%%p} ${a/p/r}
// ${a//p/r}. Linear for all practical words; nesting deeper than k_max_lex_depth is an error.
[[nodiscard]] Expansion expand(std::string_view word, const Lookup& lookup, const LexOptions& options = {});
inline constexpr int k_max_lex_depth = 64;

// Without quotes and escapes; variables stay as written. A word that BuildKit would refuse is returned
// unchanged.
[[nodiscard]] std::string unquote(std::string_view word, char escape = '\\');

// A variable as written in a part of an instruction.
struct VariableUse {
  std::string name;
  std::string modifier;        // "", ":-", "-", ":+", "+", ":?", "?", "#", "##", "%", "%%", "/", "//"
  LogicalRange operand;        // what follows the modifier, up to the brace; empty if there is none
  LogicalRange range;          // from '$' to its end, in the text
  bool single_quoted = false;  // not expanded by BuildKit; in shell text neither
};

// All variables in `range` of `text`, outermost first, also those inside operands. Escaped ones are left out.
[[nodiscard]] std::vector<VariableUse> variables(std::string_view text, LogicalRange range,
                                                 char escape = '\\');

}  // namespace sluice::syntax::dockerfile

// Heredoc words: "<<EOF", "3<<-'END OF FILE'". Private to the folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

struct HeredocWord {
  std::string name;
  std::uint32_t fd = 0;
  bool strip_tabs = false;
  bool expand = true;
  LogicalRange range;  // in the line it was found in
};

enum class HeredocRead : std::uint8_t { none, heredoc, bad };  // bad: BuildKit refuses the file

// Reads `word` as one heredoc word.
[[nodiscard]] HeredocRead read_heredoc_word(std::string_view word, HeredocWord& out);

// All heredoc words of a joined line, in order. A line whose quotes do not match has none. `bad` is set, and
// the rest left out, if a word cannot be read.
[[nodiscard]] std::vector<HeredocWord> heredoc_words(std::string_view line, bool& bad);

}  // namespace sluice::syntax::dockerfile

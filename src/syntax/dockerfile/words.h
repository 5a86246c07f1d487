// How BuildKit splits the text of an instruction. All ranges are in the text given. Private to the folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

struct RawWord {
  std::string text;
  LogicalRange range;
  bool unterminated = false;  // a quote never closes
};

// At runs of blanks (not at other Unicode white space); of an empty range none.
[[nodiscard]] std::vector<RawWord> split_blanks(std::string_view text, LogicalRange range);

// Words with quotes and escapes, which stay in the text: ENV, LABEL, ARG.
[[nodiscard]] std::vector<RawWord> split_quoted(std::string_view text, LogicalRange range, char escape);

// The first run of blanks in the range, or an empty range at its end.
[[nodiscard]] LogicalRange first_blanks(std::string_view text, LogicalRange range);

struct RawFlag {
  std::string text;  // "--from=x", without quotes and escapes
  LogicalRange range;
  std::uint32_t equals = 0;           // offset of the first '=' in `text`; text.size() if none
  std::vector<std::uint32_t> origin;  // for each byte of `text`, where it was; one more for the end
  bool unterminated = false;
};

// The leading "--flag" words of [range); `rest` becomes what follows them, trimmed.
[[nodiscard]] std::vector<RawFlag> split_flags(std::string_view text, LogicalRange range, LogicalRange& rest);

}  // namespace sluice::syntax::dockerfile

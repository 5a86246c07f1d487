// UTF-8 as the front end sees it: an invalid byte is one replacement character. Private to the folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

inline constexpr char32_t k_replacement = 0xFFFD;

struct Rune {
  char32_t value = k_replacement;
  std::uint32_t size = 1;  // bytes; 1 for an invalid byte
  bool valid = true;
};

[[nodiscard]] Rune decode_rune(std::string_view text, std::size_t at);  // at < text.size()
[[nodiscard]] Rune decode_last_rune(std::string_view text);             // text not empty
void append_rune(std::string& out, char32_t rune);                      // as UTF-8; surrogates become U+FFFD

[[nodiscard]] bool is_space(char32_t rune);   // Unicode's White_Space
[[nodiscard]] inline bool is_blank(char c) {  // what separates words: no newline
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

[[nodiscard]] LogicalRange trim_left(std::string_view text, LogicalRange range);
[[nodiscard]] LogicalRange trim(std::string_view text,
                                LogicalRange range);  // Unicode white space on both sides
[[nodiscard]] std::string_view trimmed(std::string_view text);

// Lower case as the builder compares keywords: ASCII, and the Kelvin sign U+212A, which is a 'k' to it; an
// invalid byte becomes U+FFFD.
[[nodiscard]] std::string fold_keyword(std::string_view text);

// Offset of the first byte that is not UTF-8, or npos.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);

}  // namespace sluice::syntax::dockerfile

// The printed form of errors. Their texts hold names and lines of files that others
// wrote: what could command a terminal, or begin a line of its own in a log, is shown
// escaped, and long lines as the part around the place.
#include <cstring>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice {
namespace {

constexpr std::uint32_t k_columns_before = 80;
constexpr std::uint32_t k_columns_shown = 160;

// Bytes of the code point at `at`; 1 for a byte that is part of none.
std::size_t point_size(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (size <= 4 && at + size <= text.size()) {
    if (is_utf8(text.substr(at, size))) return size;
    ++size;
  }
  return 1;
}

std::string escaped_byte(unsigned char byte) {
  constexpr std::string_view k_hex = "0123456789abcdef";
  return {'\\', 'x', k_hex[byte >> 4U], k_hex[byte & 15U]};
}

// One code point as it is shown. Escaped: controls (C0, DEL, C1), bad UTF-8, and what turns the direction of
// writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), by which a line can look like another.
std::string shown(std::string_view point) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(point[i]); };
  bool plain = is_utf8(point);
  if (point.size() == 1) plain = plain && byte(0) >= 0x20 && byte(0) != 0x7F;
  if (point.size() == 2) plain = plain && !(byte(0) == 0xC2 && byte(1) < 0xA0);
  if (point.size() == 3 && byte(0) == 0xE2) {
    const unsigned low = byte(2);
    if (byte(1) == 0x80 && (low == 0x8E || low == 0x8F || (low >= 0xAA && low <= 0xAE))) plain = false;
    if (byte(1) == 0x81 && low >= 0xA6 && low <= 0xA9) plain = false;
  }
  if (plain) return std::string(point);
  std::string out;
  for (std::size_t i = 0; i < point.size(); ++i) out += escaped_byte(byte(i));
  return out;
}

std::string shown_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = point_size(text, at);
    out += shown(text.substr(at, size));
    at += size;
  }
  return out;
}

// How many columns a terminal needs for `piece`, roughly: a column for each code point.
std::size_t width(std::string_view piece) {
  std::size_t count = 0;
  for (const char c : piece) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  return count;
}

struct Snippet {
  std::string line;
  std::string marker;  // blanks and "^"; empty if the column is not known
};

Snippet snippet(const Place& where) {
  Snippet out;
  const std::string_view text = where.line_text;
  const std::uint32_t first = where.column > k_columns_before ? where.column - k_columns_before : 1;
  if (first > 1) {
    out.line = "… ";
    out.marker = "  ";
  }
  std::uint32_t column = 1;
  std::size_t at = 0;
  for (; at < text.size() && column < first + k_columns_shown; ++column) {
    const std::size_t size = point_size(text, at);
    const std::string_view point = text.substr(at, size);
    at += size;
    if (column < first) continue;
    // Tabs are kept, so that the marker stands below its column however wide a tab is shown.
    const bool tab = point == "\t";
    const std::string piece = tab ? "\t" : shown(point);
    out.line += piece;
    if (column < where.column) out.marker += tab ? "\t" : std::string(width(piece), ' ');
  }
  if (at < text.size()) out.line += " …";
  out.marker = where.column == 0 ? "" : out.marker + "^";
  return out;
}

std::string place_text(const Place& where) {
  std::string out = "\n  --> " + shown_text(where.path);
  if (where.line == 0) return out;
  out += ":" + std::to_string(where.line);
  if (where.column != 0) out += ":" + std::to_string(where.column);
  if (where.line_text.empty()) return out;

  const std::string number = std::to_string(where.line);
  const std::string gutter(number.size(), ' ');
  const Snippet shown_line = snippet(where);
  return out + "\n " + gutter + " |\n " + number + " | " + shown_line.line + "\n " + gutter + " | " +
         shown_line.marker;
}

}  // namespace

std::string to_string(const Error& error) {
  std::string out = "error: " + shown_text(error.message);
  if (!error.code.empty()) out += " [" + error.code + "]";
  if (error.where) out += place_text(*error.where);
  for (const std::string& line : error.context) out += "\n  while " + shown_text(line);
  if (!error.hint.empty()) out += "\n  hint: " + shown_text(error.hint);
  return out;
}

tl::unexpected<Error> fail_errno(std::string code, std::string message, int errno_value) {
  return fail(ErrorKind::io, std::move(code), std::move(message) + ": " + std::strerror(errno_value));
}

}  // namespace sluice

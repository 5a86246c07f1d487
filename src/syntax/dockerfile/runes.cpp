#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool is_trail(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xC0u) == 0x80u;
}

constexpr char32_t k_kelvin_sign = 0x212A;
constexpr Rune k_invalid{k_replacement, 1, false};

}  // namespace

Rune decode_rune(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  if (lead < 0x80) return {lead, 1, true};
  const std::uint32_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return k_invalid;
  char32_t value = lead & (0x7Fu >> size);
  for (std::uint32_t i = 1; i < size; ++i) {
    if (!is_trail(text, at + i)) return k_invalid;
    value = (value << 6) | (byte_at(text, at + i) & 0x3Fu);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return k_invalid;
  return {value, size, true};
}

Rune decode_last_rune(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    const std::size_t at = text.size() - size;
    if ((byte_at(text, at) & 0xC0u) == 0x80u) continue;
    const Rune rune = decode_rune(text, at);
    return rune.size == size ? rune : k_invalid;
  }
  return k_invalid;
}

void append_rune(std::string& out, char32_t rune) {
  if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) rune = k_replacement;
  const auto put = [&](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune < 0x800) {
    put(0xC0 | (rune >> 6));
    put(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    put(0xE0 | (rune >> 12));
    put(0x80 | ((rune >> 6) & 0x3F));
    put(0x80 | (rune & 0x3F));
  } else {
    put(0xF0 | (rune >> 18));
    put(0x80 | ((rune >> 12) & 0x3F));
    put(0x80 | ((rune >> 6) & 0x3F));
    put(0x80 | (rune & 0x3F));
  }
}

bool is_space(char32_t rune) {
  if (rune < 0x80) return rune == ' ' || (rune >= '\t' && rune <= '\r');
  return rune == 0x85 || rune == 0xA0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200A) ||
         rune == 0x2028 || rune == 0x2029 || rune == 0x202F || rune == 0x205F || rune == 0x3000;
}

LogicalRange trim_left(std::string_view text, LogicalRange range) {
  const std::string_view part = range.of(text);
  std::uint32_t at = 0;
  while (at < part.size()) {
    const Rune rune = decode_rune(part, at);
    if (!is_space(rune.value)) break;
    at += rune.size;
  }
  return {range.begin + at, range.end};
}

LogicalRange trim(std::string_view text, LogicalRange range) {
  LogicalRange out = trim_left(text, range);
  while (!out.empty()) {
    const Rune rune = decode_last_rune(out.of(text));
    if (!is_space(rune.value)) break;
    out.end -= rune.size;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  return trim(text, {0, static_cast<std::uint32_t>(text.size())}).of(text);
}

std::string fold_keyword(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    const bool capital = rune.value >= 'A' && rune.value <= 'Z';
    append_rune(out, capital ? rune.value - 'A' + 'a' : rune.value == k_kelvin_sign ? U'k' : rune.value);
    at += rune.size;
  }
  return out;
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (byte_at(text, at) < 0x80) {
      ++at;
      continue;
    }
    const Rune rune = decode_rune(text, at);
    if (!rune.valid) return at;
    at += rune.size;
  }
  return std::string_view::npos;
}

}  // namespace sluice::syntax::dockerfile

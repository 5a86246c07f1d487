#include "base/bytes.h"

#include <array>
#include <cstdint>

namespace sluice {
namespace {

constexpr std::string_view k_hex_digits = "0123456789abcdef";
constexpr std::string_view k_base64_common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Values of the 64 characters, -1 for all others. The two alphabets differ in the last two characters only.
std::array<std::int8_t, 256> base64_table(Base64 alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  std::int8_t value = 0;
  for (const char c : k_base64_common) table[static_cast<unsigned char>(c)] = value++;
  if (alphabet != Base64::url) {
    table['+'] = 62;
    table['/'] = 63;
  }
  if (alphabet != Base64::standard) {
    table['-'] = 62;
    table['_'] = 63;
  }
  return table;
}

tl::unexpected<Error> bad_base64(std::string why) {
  return fail(ErrorKind::invalid, "base64.syntax", "not strict base64: " + std::move(why));
}

// Length of the well-formed sequence at the start of `text` (not empty), or 0.
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto in = [&](std::size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return text.size() >= 2 && in(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
    const unsigned high = first == 0xED ? 0x9F : 0xBF;  // no surrogates
    return text.size() >= 3 && in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;  // nothing above U+10FFFF
    return text.size() >= 4 && in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string to_hex(BytesView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += k_hex_digits[byte >> 4U];
    out += k_hex_digits[byte & 15U];
  }
  return out;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(ErrorKind::invalid, "hex.syntax", "hex text has an odd length");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) {
      return fail(ErrorKind::invalid, "hex.syntax",
                  "not a lower-case hex digit near offset " + std::to_string(i));
    }
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string to_base64(BytesView bytes) {
  std::string alphabet(k_base64_common);
  alphabet += "+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= have ? alphabet[group >> (18U - 6U * k) & 63U] : '=';
    }
  }
  return out;
}

Result<Bytes> from_base64(std::string_view text, Base64 alphabet) {
  if (text.size() % 4 != 0) return bad_base64("the length is no multiple of 4");
  const std::array<std::int8_t, 256> table = base64_table(alphabet);
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::size_t have = 4;  // characters before the padding, which only the last group may have
    if (i + 4 == text.size()) {
      if (text[i + 3] == '=') have = text[i + 2] == '=' ? 2 : 3;
    }
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int value = k < have ? table[static_cast<unsigned char>(text[i + k])] : 0;
      if (value < 0) return bad_base64("a character outside the alphabet at offset " + std::to_string(i + k));
      group = group << 6U | static_cast<std::uint32_t>(value);
    }
    const std::size_t size = have - 1;
    if ((group & (0xFFFFFFU >> (8U * size))) != 0) return bad_base64("trailing bits are not zero");
    for (std::size_t k = 0; k < size; ++k) out += static_cast<char>(group >> (16U - 8U * k) & 0xFFU);
  }
  return out;
}

std::size_t utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = utf8_sequence(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

std::string_view excerpt(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

bool is_utf8(std::string_view text) {
  return utf8_prefix(text) == text.size();
}

}  // namespace sluice

#include "report/escape.h"

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace sluice::report {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t size = 0;  // 0: the byte at this place starts no well-formed sequence
};

// One code point at the start of `text` (not empty).
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size || !is_utf8(text.substr(0, size))) return {};
  std::uint32_t code_point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code_point = (code_point << 6U) | (byte(i) & 0x3FU);
  return {code_point, size};
}

void append_hex_byte(std::string& out, unsigned char byte) {
  out += "\\x";
  out += k_hex[byte >> 4U];
  out += k_hex[byte & 0xFU];
}

void append_code_point(std::string& out, std::uint32_t code_point) {
  std::string digits;
  for (; code_point != 0; code_point >>= 4U) digits.insert(digits.begin(), k_hex[code_point & 0xFU]);
  out += "\\u{" + digits + "}";
}

// Characters that change how their neighbours are shown, or are not shown at all (Trojan Source,
// CVE-2021-42574).
bool is_deceptive(std::uint32_t c) {
  return c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

constexpr std::array<std::string_view, 3> k_runner_marks{"##[", "##vso[", "##teamcity["};

bool starts_runner_mark(std::string_view text) {
  for (const std::string_view mark : k_runner_marks) {
    if (text.starts_with(mark)) return true;
  }
  return false;
}

}  // namespace

std::string escape_line(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  bool only_blanks = true;
  for (std::size_t i = 0; i < text.size();) {
    const Decoded now = decode(text.substr(i));
    if (now.size == 0) {
      append_hex_byte(out, static_cast<unsigned char>(text[i]));
      only_blanks = false;
      ++i;
      continue;
    }
    const std::uint32_t c = now.code_point;
    const bool command =
        (only_blanks && text.substr(i).starts_with("::")) || starts_runner_mark(text.substr(i));
    if (command || (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0)) {
      append_hex_byte(out, static_cast<unsigned char>(c));
    } else if (is_deceptive(c)) {
      append_code_point(out, c);
    } else {
      out += text.substr(i, now.size);
    }
    only_blanks = only_blanks && (c == ' ' || c == '\t');
    i += now.size;
  }
  return out;
}

std::string escape_github_data(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape_github_property(std::string_view text) {
  std::string out;
  for (const char c : escape_github_data(text)) {
    if (c == ':') {
      out += "%3A";
    } else if (c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape_markdown(std::string_view text) {
  constexpr std::string_view k_special = "\\`*_{}[]()#+-.!|~>@:$";
  std::string out;
  for (const char c : escape_line(text)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (k_special.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const Decoded now = decode(text.substr(i));
    const std::uint32_t c = now.code_point;
    const bool allowed = now.size != 0 && (c >= 0x20 || c == '\t' || c == '\n') && c != 0xFFFE && c != 0xFFFF;
    if (!allowed) {
      out += "\xEF\xBF\xBD";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += text.substr(i, now.size);
    }
    i += now.size == 0 ? 1 : now.size;
  }
  return out;
}

std::string uri_path(std::string_view path) {
  constexpr std::string_view k_upper_hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += k_upper_hex[byte >> 4U];
      out += k_upper_hex[byte & 0xFU];
    }
  }
  return out;
}

std::string disarm_json(std::string json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '#' && starts_runner_mark(std::string_view(json).substr(i))) {
      out += "\\u0023";
    } else {
      out += json[i];
    }
  }
  return out;
}

std::string to_valid_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const Decoded now = decode(text.substr(i));
    out += now.size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, now.size);
    i += now.size == 0 ? 1 : now.size;
  }
  return out;
}

}  // namespace sluice::report

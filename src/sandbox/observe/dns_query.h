// The name that a DNS query asks for (RFC 1035, section 4.1).
#pragma once

#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::sandbox {

// Lower case, without the final dot; other than letters, digits, "-", "_" and "." become "?". Nothing if this
// is no query.
[[nodiscard]] inline std::optional<std::string> dns_question(std::string_view packet) {
  constexpr std::size_t header = 12;
  constexpr std::size_t max_name = 253;
  if (packet.size() < header + 5) return std::nullopt;
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(packet[i]));
  };
  const bool response = (byte(2) & 0x80) != 0;
  const unsigned questions = (byte(4) << 8) | byte(5);
  if (response || questions == 0) return std::nullopt;
  std::string name;
  std::size_t at = header;
  while (true) {
    if (at >= packet.size()) return std::nullopt;
    const std::size_t length = byte(at++);
    if (length == 0) break;
    if (!name.empty()) name += '.';
    if (length > 63 || at + length > packet.size() || name.size() + length > max_name) return std::nullopt;
    for (const char c : packet.substr(at, length)) {
      const auto u = static_cast<unsigned char>(c);
      const bool plain = std::isalnum(u) != 0 || c == '-' || c == '_';
      name += plain ? static_cast<char>(std::tolower(u)) : '?';
    }
    at += length;
  }
  if (name.empty() || at + 4 > packet.size()) return std::nullopt;
  return name;
}

}  // namespace sluice::sandbox

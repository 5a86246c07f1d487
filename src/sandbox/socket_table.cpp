#include "sandbox/socket_table.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <tuple>

#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view k_listen = "0A";       // TCP_LISTEN
constexpr std::string_view k_unconnected = "07";  // TCP_CLOSE, as which an unconnected UDP socket shows

std::optional<std::uint32_t> hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// Words of 32 bits in the machine's byte order, in hex.
std::optional<std::string> address_of(std::string_view text) {
  std::array<std::uint32_t, 4> words{};
  if (text.size() != 8 && text.size() != 32) return std::nullopt;
  for (std::size_t i = 0; i < text.size() / 8; ++i) {
    const auto word = hex(text.substr(i * 8, 8));
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  std::array<char, INET6_ADDRSTRLEN> shown{};
  const int family = text.size() == 8 ? AF_INET : AF_INET6;
  if (::inet_ntop(family, words.data(), shown.data(), shown.size()) == nullptr) return std::nullopt;
  return std::string(shown.data());
}

void add(std::string_view table, bool udp, std::vector<Listener>& found) {
  for (const std::string_view line : split(table, '\n')) {
    //   sl  local_address rem_address   st …
    std::vector<std::string_view> words;
    for (const std::string_view word : split(line, ' ')) {
      if (!word.empty()) words.push_back(word);
    }
    if (words.size() < 4 || words[3] != (udp ? k_unconnected : k_listen)) continue;
    const std::size_t colon = words[1].find(':');
    if (colon == std::string_view::npos) continue;
    const auto address = address_of(words[1].substr(0, colon));
    const auto port = hex(words[1].substr(colon + 1));
    if (!address || !port || *port > UINT16_MAX) continue;
    found.push_back({udp, *address, static_cast<std::uint16_t>(*port)});
  }
}

}  // namespace

std::vector<Listener> listeners(const Inspection& inspection) {
  std::vector<Listener> found;
  add(inspection.tcp, false, found);
  add(inspection.tcp6, false, found);
  add(inspection.udp, true, found);
  add(inspection.udp6, true, found);
  const auto key = [](const Listener& l) { return std::tie(l.port, l.udp, l.address); };
  std::sort(found.begin(), found.end(),
            [&](const Listener& a, const Listener& b) { return key(a) < key(b); });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace sluice::sandbox

#include "sandbox/observe/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::sandbox {
namespace {

template <typename Structure>
Structure read_as(std::string_view bytes) {
  Structure out{};
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), sizeof(out)));
  return out;
}

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) != nullptr ? text.data() : std::string();
}

}  // namespace

std::optional<SocketAddress> decode_socket_address(std::string_view bytes) {
  sa_family_t family = 0;
  if (bytes.size() < sizeof(family)) return std::nullopt;
  std::memcpy(&family, bytes.data(), sizeof(family));
  SocketAddress address;
  address.family = family;
  if (family == AF_INET) {
    const auto in = read_as<sockaddr_in>(bytes);
    address.port = ntohs(in.sin_port);
    address.text = text_of(AF_INET, &in.sin_addr);
  } else if (family == AF_INET6) {
    const auto in = read_as<sockaddr_in6>(bytes);
    address.port = ntohs(in.sin6_port);
    address.text = text_of(AF_INET6, &in.sin6_addr);
    if (address.text.starts_with("::ffff:") && address.text.find('.') != std::string::npos) {
      address.text.erase(0, 7);  // an IPv4 address in IPv6's clothes
    }
  } else if (family == AF_UNIX) {
    const std::string_view path = bytes.substr(sizeof(family));
    if (path.starts_with('\0')) {
      address.text = "@" + std::string(path.substr(1));
    } else {
      address.text = path.substr(0, path.find('\0'));
    }
  }
  return address;
}

}  // namespace sluice::sandbox

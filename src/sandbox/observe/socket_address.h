// A socket address (struct sockaddr_*) out of the memory of another program, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::sandbox {

struct SocketAddress {
  int family = 0;          // AF_*
  std::string text;        // "127.0.0.1", "::1"; the path of a unix socket, "@name" if abstract; else empty
  std::uint16_t port = 0;  // of AF_INET and AF_INET6
};

// Nothing if the bytes do not even name a family. One that is cut is read as if zeros followed: the kernel
// refuses it, so nothing was reached by it.
[[nodiscard]] std::optional<SocketAddress> decode_socket_address(std::string_view bytes);

}  // namespace sluice::sandbox

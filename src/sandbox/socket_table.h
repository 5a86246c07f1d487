// The kernel's socket tables (/proc/net/tcp, tcp6, udp, udp6; proc(5)) as listening places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/engine.h"

namespace sluice::sandbox {

struct Listener {
  bool udp = false;
  std::string address;  // "0.0.0.0", "127.0.0.1", "::", "::1"
  std::uint16_t port = 0;
  friend bool operator==(const Listener&, const Listener&) = default;
};

// TCP sockets that listen and UDP sockets that are bound without a peer, sorted by port, protocol, address.
// Lines of another form are passed over.
[[nodiscard]] std::vector<Listener> listeners(const Inspection& inspection);

}  // namespace sluice::sandbox

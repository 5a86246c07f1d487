// A private network (`network: private`): what the container's network namespace gets besides its loopback.
//
//   eth0      an interface with 10.213.0.2/24 and a default route, as on any machine, whose packets go
//             nowhere: its other end, if it has one, is in the same namespace and without an address
//   10.213.0.1  an address of the same interface, where a DNS server of ours listens (dns_server.h); the
//             container's /etc/resolv.conf names it
//
// So a program finds an address, a route and a resolver, and every connection that leaves ends in a time-out
// of seconds. Interfaces are made through rtnetlink(7); neither a program nor a helper on the host is needed,
// and none of it can be seen outside of the namespace, which goes with its last process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sluice::sandbox {

inline constexpr std::string_view k_private_address = "10.213.0.2";
inline constexpr std::string_view k_private_gateway = "10.213.0.254";
inline constexpr std::string_view k_private_resolver = "10.213.0.1";
inline constexpr unsigned k_dns_server_port = 53;

// The sockets of the DNS server, bound in the namespace that they were made in, whoever holds them.
struct ResolverSockets {
  Fd udp;
  Fd tcp;  // listening
};

// In the calling process's own network namespace, whose loopback is up. `missing` gets what could not be had
// but can be done without. Code sandbox.setup: a step was refused.
[[nodiscard]] Result<ResolverSockets> make_private_network(std::vector<std::string>& missing);

// The text of /etc/resolv.conf.
[[nodiscard]] std::string private_resolv_conf();

}  // namespace sluice::sandbox

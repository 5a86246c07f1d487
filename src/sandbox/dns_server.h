// The DNS server of one container's private network: a thread of ours on sockets that live in the container's
// namespace (private_network.h). It answers from a table and notes every name that it is asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sandbox/dns_stub.h"
#include "sandbox/private_network.h"

namespace sluice::sandbox {

struct DnsAsked {
  std::string name;  // lower case; bytes that no host name has are "?"
  bool udp = true;
  bool known = false;  // the table has it
  std::uint64_t count = 0;
};

struct DnsLog {
  std::vector<DnsAsked> asked;   // by name, udp
  std::uint64_t lost = 0;        // questions for further names, over k_max_dns_asked
  std::uint64_t unreadable = 0;  // queries that could not be read
};

inline constexpr std::size_t k_max_dns_asked = 4'096;     // distinct names
inline constexpr std::size_t k_max_dns_connections = 32;  // at a time; further ones wait

class DnsServer {
 public:
  virtual ~DnsServer() = default;
  // Ends the thread and hands out what was asked. May be called once. The program that asked has ended by
  // then, so what still waits in the sockets is read first.
  [[nodiscard]] virtual DnsLog finish() = 0;

  [[nodiscard]] static Result<std::unique_ptr<DnsServer>> start(ResolverSockets sockets,
                                                                const std::vector<DnsName>& names);
};

}  // namespace sluice::sandbox

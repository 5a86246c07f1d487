// Names, as a container would resolve them: the hosts file (hosts(5)), and a DNS exchange (RFC 1035, over TCP
// as in section 4.2.2) with a server that is the program under test, so nothing that it sends is trusted.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::sandbox {

// Labels of 1 to 63 letters, digits, "-" or "_", at most 253 bytes; a dot at the end is allowed.
[[nodiscard]] bool is_host_name(std::string_view name);

// An address of either family, as inet_pton(3) takes it.
[[nodiscard]] bool is_address(const std::string& text);

// The addresses that a hosts file gives a name, in order. "localhost" is known without a file, as engines
// write it into every container's.
[[nodiscard]] std::vector<std::string> hosts_lookup(std::string_view hosts, std::string_view name);

enum class DnsType : std::uint16_t { a = 1, aaaa = 28 };

[[nodiscard]] std::string render_query(std::uint16_t id, const std::string& name, DnsType type);

// The addresses of an answer; NXDOMAIN gives none. Codes: dns.syntax, dns.refused (another error code).
[[nodiscard]] Result<std::vector<std::string>> parse_answer(std::string_view message, std::uint16_t id,
                                                            DnsType type);

// Asks for both types. Codes: dns.timeout, dns.io, and those above.
[[nodiscard]] Result<std::vector<std::string>> dns_exchange(int socket, const std::string& name,
                                                            std::chrono::milliseconds timeout);

}  // namespace sluice::sandbox

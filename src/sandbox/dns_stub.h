// The answers of the private network's DNS server (RFC 1035): a table of names, and nothing else. Pure: bytes
// in, bytes out. What it is asked comes from the program under test and is not trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox {

// A name and its addresses, of either family, as text.
struct DnsName {
  std::string name;  // as is_host_name (dns_probe.h) wants it; case and a final dot do not matter
  std::vector<std::string> addresses;
};
inline constexpr std::size_t k_max_dns_names = 1'000;    // of one test file
inline constexpr std::size_t k_max_dns_addresses = 16;   // of one name
inline constexpr std::size_t k_max_dns_udp_bytes = 512;  // RFC 1035, section 4.2.1

class DnsStub {
 public:
  // Names that no query can ask for, and addresses that are none, are left out.
  explicit DnsStub(const std::vector<DnsName>& names);

  struct Reply {
    std::string bytes;     // to be sent
    std::string question;  // the name asked for, as dns_question gives it; empty if there was none to be read
    std::uint16_t type = 0;
    bool known = false;  // the table has the name
  };
  // Nothing for what is no query at all (an answer, or shorter than a header): to that nothing is sent, so
  // that no two servers could keep each other busy. A query that cannot be read gets FORMERR, another
  // operation NOTIMP, an unknown name NXDOMAIN; a known one its addresses of the type asked for, or none.
  // Over UDP an answer that does not fit is empty and marked as cut (TC), so that the asker comes by TCP.
  [[nodiscard]] std::optional<Reply> reply(std::string_view query, bool udp) const;

 private:
  struct Known {
    std::string name;
    std::vector<std::string> v4;  // in network order
    std::vector<std::string> v6;
  };
  std::vector<Known> names_;  // by name
};

}  // namespace sluice::sandbox

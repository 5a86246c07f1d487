// What a program under test sends to the DNS server of its private network: no crash; what is answered
// answers this very question, within its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/dns_probe.h"
#include "sandbox/dns_stub.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const DnsStub stub({{"db", {"10.213.0.9", "fd00::9"}}, {"a.example", {"10.0.0.1"}}});
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  for (const bool udp : {true, false}) {
    const auto reply = stub.reply(query, udp);
    if (!reply) continue;
    if (size < 12 || reply->bytes.size() < 12 || (static_cast<unsigned char>(reply->bytes[2]) & 0x80) == 0)
      std::abort();
    if (reply->bytes.substr(0, 2) != query.substr(0, 2)) std::abort();
    if (udp && reply->bytes.size() > k_max_dns_udp_bytes) std::abort();
    if (reply->known && reply->question != "db" && reply->question != "a.example") std::abort();
    if (stub.reply(reply->bytes, udp)) std::abort();  // an answer is never answered
    if (reply->question.empty() || reply->type != static_cast<std::uint16_t>(DnsType::a)) continue;
    const auto id = static_cast<std::uint16_t>((data[0] << 8) | data[1]);
    const auto addresses = parse_answer(reply->bytes, id, DnsType::a);
    if (!addresses || (!reply->known && !addresses->empty())) std::abort();
  }
  return 0;
}

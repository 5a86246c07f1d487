// Names by a hosts file, and answers of a hostile DNS server.
#include "sandbox/dns_probe.h"

#include <string>
#include <vector>

#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;

namespace {

using List = std::vector<std::string>;

// An answer to question 7 about "a.b": one record of the given type and data.
std::string answer(unsigned type, const std::string& data, unsigned code = 0) {
  std::string message = render_query(7, "a.b", DnsType::a);
  message[2] = static_cast<char>(0x81);
  message[3] = static_cast<char>(0x80 | code);
  message[7] = 1;
  const auto u16 = [&](std::size_t value) {
    message += static_cast<char>(value >> 8);
    message += static_cast<char>(value & 0xff);
  };
  message += "\xc0\x0c";  // the name of the question
  u16(type);
  u16(1);
  message.append(4, '\0');
  u16(data.size());
  return message + data;
}

const std::string k_address("\x0a\x00\x00\x07", 4);

}  // namespace

TEST_CASE("a hosts file gives addresses in its order, whatever the case") {
  const std::string hosts = "# 1.1.1.1 db\n10.0.0.1\tdb db.local # note\n::1 DB\n\n10.0.0.2 other";
  CHECK(hosts_lookup(hosts, "db") == List{"10.0.0.1", "::1"});
  CHECK(hosts_lookup(hosts, "Db.Local") == List{"10.0.0.1"});
  CHECK(hosts_lookup(hosts, "note").empty());
  CHECK(hosts_lookup("", "localhost") == List{"127.0.0.1", "::1"});
  CHECK(hosts_lookup("127.0.0.9 localhost\n", "localhost") == List{"127.0.0.9"});
}

TEST_CASE("what is a DNS name") {
  CHECK(is_host_name("a.b-c.D_1"));
  CHECK(is_host_name("a."));
  for (const char* name : {"", ".", "a..b", "a b", "a/b", "\xc3\xa4", ".a"})
    CHECK_MESSAGE(!is_host_name(name), name);
  CHECK(!is_host_name(std::string(64, 'a')));
  CHECK(is_host_name(std::string(63, 'a')));
}

TEST_CASE("answers of the asked type count, others are passed over") {
  CHECK(parse_answer(answer(1, k_address), 7, DnsType::a).value() == List{"10.0.0.7"});
  CHECK(parse_answer(answer(5, k_address), 7, DnsType::a).value().empty());
  CHECK(parse_answer(answer(28, k_address), 7, DnsType::aaaa).value().empty());
  CHECK(parse_answer(answer(1, k_address, 3), 7, DnsType::a).value().empty());
  CHECK(parse_answer(answer(1, k_address, 2), 7, DnsType::a).error().code == "dns.refused");
}

TEST_CASE("a broken answer is an error at every length, never a crash") {
  const std::string whole = answer(1, k_address);
  CHECK(parse_answer(whole, 8, DnsType::a).error().code == "dns.syntax");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_MESSAGE(!parse_answer(std::string_view(whole).substr(0, size), 7, DnsType::a), size);
  }
  std::string looping = whole;
  looping.replace(12, 5, "\xc0\x0c\xc0\x0c\xc0");  // a question that is a pointer to itself
  static_cast<void>(parse_answer(looping, 7, DnsType::a));
}

// The answers of the private network's DNS server, to honest and to hostile questions.
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "sandbox/dns_probe.h"
#include "sandbox/dns_stub.h"

using namespace sluice::sandbox;

namespace {

const DnsStub& stub() {
  static const DnsStub made({{"db.internal", {"10.213.0.9"}},
                             {"Both.Example.", {"10.0.0.1", "10.0.0.2", "fd00::1"}},
                             {"only6", {"fd00::2"}}});
  return made;
}

std::vector<std::string> addresses(const std::string& name, DnsType type) {
  const auto reply = stub().reply(render_query(7, name, type), true);
  REQUIRE(reply);
  return parse_answer(reply->bytes, 7, type).value();
}

unsigned code_of(const DnsStub::Reply& reply) {
  REQUIRE(reply.bytes.size() >= 12);
  return static_cast<unsigned char>(reply.bytes[3]) & 15u;
}

}  // namespace

TEST_CASE("a name of the table is answered by its addresses of the type asked for") {
  CHECK(addresses("db.internal", DnsType::a) == std::vector<std::string>{"10.213.0.9"});
  CHECK(addresses("db.internal", DnsType::aaaa).empty());
  CHECK(addresses("both.example", DnsType::a) == std::vector<std::string>{"10.0.0.1", "10.0.0.2"});
  CHECK(addresses("BOTH.eXample", DnsType::aaaa) == std::vector<std::string>{"fd00::1"});
  const auto nothing = stub().reply(render_query(1, "only6", DnsType::a), true);
  REQUIRE(nothing);
  CHECK(nothing->known);
  CHECK(code_of(*nothing) == 0);  // the name is there, an address of this type is not
}

TEST_CASE("a name that is not in the table does not exist") {
  for (const char* name : {"db", "internal", "x.db.internal", "db.internal.x"}) {
    const auto reply = stub().reply(render_query(1, name, DnsType::a), true);
    REQUIRE(reply);
    CHECK(code_of(*reply) == 3);
    CHECK(reply->question == name);
    CHECK(!reply->known);
  }
}

TEST_CASE("an answer that does not fit a datagram is marked as cut, and whole over TCP") {
  DnsName large{std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
                    std::string(60, 'd'),
                {}};
  for (int i = 0; i < 16; ++i) large.addresses.push_back("10.0.0." + std::to_string(i));
  const DnsStub made({large});
  const std::string query = render_query(9, large.name, DnsType::a);
  const auto cut = made.reply(query, true);
  REQUIRE(cut);
  CHECK(cut->bytes.size() <= k_max_dns_udp_bytes);
  CHECK((static_cast<unsigned char>(cut->bytes[2]) & 2) != 0);
  CHECK(parse_answer(cut->bytes, 9, DnsType::a).value().empty());
  CHECK(parse_answer(made.reply(query, false)->bytes, 9, DnsType::a).value() == large.addresses);
}

TEST_CASE("what is no query gets no answer, and what cannot be read an error") {
  const std::string good = render_query(3, "db.internal", DnsType::a);
  CHECK(!stub().reply("", true));
  CHECK(!stub().reply(good.substr(0, 11), true));
  std::string answer = good;
  answer[2] = static_cast<char>(0x80);  // two servers must not answer each other for ever
  CHECK(!stub().reply(answer, true));
  for (std::size_t size = 12; size < good.size(); ++size) {
    const auto reply = stub().reply(good.substr(0, size), true);
    REQUIRE(reply);
    CHECK(code_of(*reply) == 1);
    CHECK(reply->bytes.size() == 12);
    CHECK(reply->question.empty());
  }
  std::string pointer = good;  // a name that leads to itself
  pointer[12] = static_cast<char>(0xc0);
  pointer[13] = 12;
  CHECK(code_of(*stub().reply(pointer, true)) == 1);
  std::string two = good;
  two[5] = 2;
  CHECK(code_of(*stub().reply(two, true)) == 1);
  std::string update = good;
  update[2] = 0x28;
  CHECK(code_of(*stub().reply(update, true)) == 4);
}

TEST_CASE("a name with bytes that no host name has is noted harmlessly and does not exist") {
  const std::string query = render_query(3, "a\x1b[31m\xff", DnsType::a);
  const auto reply = stub().reply(query, true);
  REQUIRE(reply);
  CHECK(reply->question == "a??31m?");
  CHECK(code_of(*reply) == 3);
}

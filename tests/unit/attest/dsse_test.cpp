#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/dsse.h"
#include "attest/keys.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

// An ASN.1 INTEGER of 32 big-endian bytes.
Bytes integer(Bytes raw) {
  while (raw.size() > 1 && raw[0] == 0 && (raw[1] & 0x80) == 0) raw.erase(0, 1);
  if ((raw[0] & 0x80) != 0) raw.insert(raw.begin(), '\0');
  return Bytes("\x02") + static_cast<char>(raw.size()) + raw;
}

}  // namespace

TEST_CASE("PAE counts bytes") {
  CHECK(pae("http://example.com/HelloWorld", "hello world") ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(pae("", "") == "DSSEv1 0  0 ");
  CHECK(pae("application/\xC3\xA9", "\xE2\x82\xAC") == "DSSEv1 14 application/\xC3\xA9 3 \xE2\x82\xAC");
  CHECK(pae("t", std::string_view("a\0b", 3)) == std::string("DSSEv1 1 t 3 a\0b", 16));
}

TEST_CASE("the published DSSE vector verifies, its raw r|s signature rewritten as DER") {
  // protocol.md of DSSE: P-256 with SHA-256.
  const auto key =
      PublicKey::from_der(from_hex("3059301306072a8648ce3d020106082a8648ce3d030107034200"
                                   "0467cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d2"
                                   "380c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74")
                              .value());
  REQUIRE(key);
  const auto envelope = parse_envelope(
      R"({"payload": "aGVsbG8gd29ybGQ=", "payloadType": "http://example.com/HelloWorld", "signatures": [{"sig":
          "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]})",
      "vector");
  REQUIRE(envelope);
  const Bytes& raw = envelope->signatures[0].sig;
  REQUIRE(raw.size() == 64);
  const Bytes numbers = integer(raw.substr(0, 32)) + integer(raw.substr(32));
  const Bytes der = Bytes("\x30") + static_cast<char>(numbers.size()) + numbers;
  CHECK(key->verify(pae(envelope->payload_type, envelope->payload), der));
  CHECK_FALSE(key->verify(pae("http://example.com/HelloWorlD", envelope->payload), der));
  CHECK_FALSE(key->verify(pae(envelope->payload_type, envelope->payload), raw));
}

TEST_CASE("an envelope is read in either base64 alphabet and unknown members are ignored") {
  const auto standard = parse_envelope(
      R"({"payload":"+/8=","payloadType":"t","signatures":[{"keyid":"k","sig":"AAEC"}]})", "e");
  REQUIRE(standard);
  CHECK(standard->payload == "\xFB\xFF");
  CHECK(standard->signatures[0].keyid == "k");
  CHECK(standard->signatures[0].sig == std::string("\0\1\2", 3));
  const auto url = parse_envelope(
      R"({"payload":"-_8=","payloadType":"t","x":1,"signatures":[{"sig":"AAEC","cert":"c"}]})", "e");
  REQUIRE(url);
  CHECK(url->payload == standard->payload);
  CHECK(url->signatures[0].keyid.empty());
}

TEST_CASE("a broken envelope is refused with its own code") {
  const struct {
    const char* text;
    const char* code;
  } cases[] = {
      {R"([])", "attest.envelope"},
      {R"({"payloadType":"t","signatures":[{"sig":"AAEC"}]})", "attest.envelope"},
      {R"({"payload":1,"payloadType":"t","signatures":[{"sig":"AAEC"}]})", "attest.envelope"},
      {R"({"payload":"AA==","signatures":[{"sig":"AAEC"}]})", "attest.envelope"},
      {R"({"payload":"AA==","payloadType":"","signatures":[{"sig":"AAEC"}]})", "attest.envelope"},
      {R"({"payload":"AA==","payloadType":"t"})", "attest.envelope"},
      {R"({"payload":"AA==","payloadType":"t","signatures":{}})", "attest.envelope"},
      {R"({"payload":"AA==","payloadType":"t","signatures":[]})", "attest.envelope-signatures"},
      {R"({"payload":"AA==","payloadType":"t","signatures":[{}]})", "attest.envelope"},
      {R"({"payload":"AA==","payloadType":"t","signatures":[{"sig":""}]})", "attest.envelope"},
      {R"({"payload":"AA==","payloadType":"t","signatures":["AAEC"]})", "attest.envelope"},
      {R"({"payload":"AA==","payloadType":"t","signatures":[{"sig":"AAEC","keyid":7}]})", "attest.envelope"},
      {R"({"payload":"AA","payloadType":"t","signatures":[{"sig":"AAEC"}]})", "attest.envelope-base64"},
      {R"({"payload":"AB==","payloadType":"t","signatures":[{"sig":"AAEC"}]})", "attest.envelope-base64"},
      {R"({"payload":"A A==","payloadType":"t","signatures":[{"sig":"AAEC"}]})", "attest.envelope-base64"},
      {R"({"payload":"AA==","payloadType":"t","signatures":[{"sig":"!!"}]})", "attest.envelope-base64"},
      {R"({"payload":"AA==","payload":"AQ==","payloadType":"t","signatures":[{"sig":"AAEC"}]})",
       "json.duplicate-key"},
      {R"({"payload":"AA==","p\u0061yload":"AQ==","payloadType":"t","signatures":[{"sig":"AAEC"}]})",
       "json.duplicate-key"},
      {R"({"payload":"AA==","payloadType":"t","signatures":[{"sig":"AAEC"}]} x)", "json.trailing"},
  };
  for (const auto& item : cases) {
    CAPTURE(item.text);
    CHECK(code(parse_envelope(item.text, "e")) == item.code);
  }
}

TEST_CASE("more signatures than the limit are refused") {
  std::string list;
  for (std::size_t i = 0; i <= k_max_envelope_signatures; ++i)
    list += std::string(i == 0 ? "" : ",") + R"({"sig":"AAEC"})";
  CHECK(code(parse_envelope(R"({"payload":"AA==","payloadType":"t","signatures":[)" + list + "]}", "e")) ==
        "attest.envelope-signatures");
}

TEST_CASE("payload types of in-toto statements are told from look-alikes") {
  CHECK(is_in_toto_payload_type("application/vnd.in-toto+json"));
  CHECK(is_in_toto_payload_type("application/vnd.in-toto.provenance+json"));
  CHECK_FALSE(is_in_toto_payload_type("application/vnd.in-toto.+json"));
  CHECK_FALSE(is_in_toto_payload_type("application/vnd.in-toto+jsonx"));
  CHECK_FALSE(is_in_toto_payload_type("application/vnd.in-toto"));
  CHECK_FALSE(is_in_toto_payload_type("Application/vnd.in-toto+json"));
  CHECK_FALSE(is_in_toto_payload_type("application/vnd.in-toto.a b+json"));
  CHECK_FALSE(is_in_toto_payload_type("text/plain"));
}

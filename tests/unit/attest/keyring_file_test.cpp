#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/keyring_file.h"
#include "base/effects.h"
#include "base/json.h"

using namespace sluice;
using namespace sluice::attest;
using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds k_now{seconds{1'800'000'000}};

std::string quoted(const std::string& text) {
  return json::write(json::Value(text));
}
std::string code(const Status& status) {
  return status ? "ok" : status.error().code;
}
std::string code(const Result<KeyringFile>& result) {
  return result ? "ok" : result.error().code;
}

std::string pem() {
  return PrivateKey::generate().value().public_key().pem();
}
std::string key(const std::string& name, const std::string& more = "") {
  return R"({"name":")" + name + R"(","publicKey":)" + quoted(pem()) + R"(,"roles":["gate"])" + more + "}";
}
std::string file(const std::string& keys, const std::string& more = "") {
  return R"({"version":1,"keys":[)" + keys + "]" + more + "}";
}

}  // namespace

TEST_CASE("a keyring file goes through reading and writing unchanged in meaning") {
  const auto made = parse_keyring(
      file(
          key("a",
              R"(,"builder":"https://b","maxLevel":3,"place":"service","notBefore":"2026-01-01T00:00:00Z")") +
              "," +
              key("b", R"(,"revoked":{"at":"2026-01-01T00:00:00Z","reason":"left","compromised":true})"),
          R"(,"thresholds":{"gate":2})"),
      "keyring");
  REQUIRE(made);
  const std::string text = write_keyring(*made);
  const auto again = parse_keyring(text, "keyring");
  REQUIRE(again);
  CHECK(write_keyring(*again) == text);
  CHECK(again->keys[0].max_level == 3);
  CHECK(again->keys[0].place == KeyPlace::service);
  CHECK(again->keys[1].compromised);
  CHECK(again->thresholds.at("gate") == 2);
}

TEST_CASE("a keyring file with a member that is not known, or a demand that nobody can meet, is refused") {
  const auto parse = [](const std::string& text) { return code(parse_keyring(text, "keyring")); };
  CHECK(parse(file("")) == "ok");
  CHECK(parse(file(key("a", R"(,"validFrom":"2026-01-01T00:00:00Z")"))) == "attest.keyring-file");
  CHECK(parse(file("", R"(,"quorum":2)")) == "attest.keyring-file");
  CHECK(parse(R"({"version":2,"keys":[]})") == "attest.keyring-file");
  CHECK(parse(R"({"keys":[]})") == "attest.keyring-file");
  CHECK(parse("[]") == "attest.keyring-file");
  CHECK(parse(file(key("a", R"(,"place":"cloud")"))) == "attest.keyring-file");
  CHECK(parse(file(key("a", R"(,"maxLevel":4)"))) == "attest.keyring-file");
  CHECK(parse(file(key("a", R"(,"maxLevel":2)"))) == "attest.keyring-level");
  CHECK(parse(file(key("a", R"(,"notAfter":"soon")"))) == "attest.keyring-file");
  CHECK(parse(file(key("a", R"(,"revoked":{"at":"2026-01-01T00:00:00Z"})"))) == "attest.keyring-file");
  CHECK(parse(file(key("a", R"(,"revoked":{"reason":"x"})"))) == "attest.keyring-file");
  CHECK(parse(file(key("a") + "," + key("a"))) == "attest.keyring-duplicate");
  CHECK(parse(file(key("a"), R"(,"thresholds":{"gate":2})")) == "attest.keyring-threshold");
  CHECK(parse(file(key("a"), R"(,"thresholds":{"gate":0})")) == "attest.keyring-threshold");
  CHECK(parse(file(key("a"), R"(,"keys":[])")) == "json.duplicate-key");
}

TEST_CASE("a rotated key hands its roles on, and counts until the overlap ends") {
  KeyringFile ring = parse_keyring(file(key("old")), "keyring").value();
  const PublicKey fresh = PrivateKey::generate().value().public_key();
  REQUIRE(rotate_key(ring, "old", "new", fresh, k_now, hours(24)));
  REQUIRE(ring.keys.size() == 2);
  CHECK(ring.keys[0].not_after == k_now + hours(24));
  CHECK(ring.keys[1].roles == ring.keys[0].roles);
  CHECK(ring.keys[1].not_before == k_now);
  CHECK(code(rotate_key(ring, "none", "x", fresh, k_now, hours(1))) == "attest.keyring-name");
  CHECK(code(rotate_key(ring, "old", "new", fresh, k_now, hours(1))) == "attest.keyring-duplicate");
  CHECK(ring.keys.size() == 2);
}

TEST_CASE("a revocation has a reason and is never made weaker") {
  KeyringFile ring = parse_keyring(file(key("a")), "keyring").value();
  CHECK(code(revoke_key(ring, "a", k_now, "", false)) == "attest.keyring-revoked");
  CHECK(code(revoke_key(ring, "a", k_now, "left the team", false)) == "ok");
  CHECK(code(revoke_key(ring, "a", k_now + hours(1), "later", false)) == "attest.keyring-revoked");
  CHECK(code(revoke_key(ring, "a", k_now, "stolen", true)) == "ok");
  CHECK(code(revoke_key(ring, "a", k_now, "not stolen after all", false)) == "attest.keyring-revoked");
  CHECK(code(rotate_key(ring, "a", "b", PrivateKey::generate().value().public_key(), k_now, hours(1))) ==
        "attest.keyring-revoked");
}

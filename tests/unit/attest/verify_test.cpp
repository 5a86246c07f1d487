#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/bundle.h"
#include "attest/verify.h"
#include "sluice/predicates.h"

using namespace sluice;
using namespace sluice::attest;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

const std::string k_a(64, 'a');
constexpr sys_seconds k_now{seconds{1'800'000'000}};

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

PrivateKey make(KeyAlgorithm algorithm = KeyAlgorithm::ecdsa_p256) {
  auto key = PrivateKey::generate(algorithm);
  REQUIRE(key);
  return std::move(*key);
}

KeyConfig config(const PrivateKey& key, std::string name = "ci") {
  KeyConfig out;
  out.name = std::move(name);
  out.pem = key.public_key().pem();
  out.roles = {"builder"};
  return out;
}

Keyring ring(const PrivateKey& key) {
  auto out = Keyring::build({config(key)});
  REQUIRE(out);
  return std::move(*out);
}

Bytes statement(std::string_view type = predicate::k_scan) {
  Subject subject;
  subject.name = "app";
  subject.digest = {{"sha256", k_a}};
  return make_statement({subject}, type,
                        json::Object{{"findings", json::Array{}},
                                     {"gaps", json::Array{}},
                                     {"finishedOn", "2026-11-23T20:00:00Z"}})
      .value();
}

Expectations expect() {
  return Expectations{{{"sha256", k_a}}, {std::string(predicate::k_scan)}, "builder", k_now};
}

// A bundle with any envelope, signed with any payload type: what an attacker with a key could make.
Bytes bundle(const PrivateKey& key, const std::string& payload_type, const Bytes& payload,
             const std::string& hint, const std::string& keyid) {
  Envelope envelope{payload_type, payload, {{keyid, key.sign(pae(payload_type, payload)).value()}}};
  return json::write(
      json::Object{{"mediaType", k_bundle_media_type},
                   {"verificationMaterial", json::Object{{"publicKey", json::Object{{"hint", hint}}}}},
                   {"dsseEnvelope", envelope_json(envelope)}});
}

}  // namespace

TEST_CASE("what was signed is verified, and the bytes handed on are the bytes signed") {
  for (const KeyAlgorithm algorithm :
       {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ed25519, KeyAlgorithm::rsa_pkcs1}) {
    const PrivateKey key = make(algorithm);
    const Bytes payload = statement();
    const auto signed_bundle = sign_statement(payload, key);
    REQUIRE(signed_bundle);
    const auto verified = verify_statement(*signed_bundle, ring(key), expect());
    REQUIRE(verified);
    CHECK(verified->payload == payload);
    CHECK(verified->matched == std::vector<std::size_t>{0});
    CHECK(verified->signature.verified);
    CHECK(verified->signature.key_id == key.public_key().id());
    CHECK(verified->signature.key_name == "ci");
    CHECK(verified->signature.roles == std::vector<std::string>{"builder"});
  }
}

TEST_CASE("a bundle with any one byte changed never verifies to another payload") {
  const PrivateKey key = make(KeyAlgorithm::ed25519);
  const Bytes payload = statement();
  const Bytes good = sign_statement(payload, key).value();
  const Keyring keys = ring(key);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int mask : {0x01, 0x20, 0x80}) {
      Bytes bad = good;
      bad[i] = static_cast<char>(bad[i] ^ mask);
      const auto verified = verify_statement(bad, keys, expect());
      // The only byte that may change is one of a name that DSSE ignores ("keyid" is compared, so none is
      // left).
      if (verified) {
        ++accepted;
        CHECK(verified->payload == payload);
      }
    }
  }
  // Flips inside the member name "keyid" make an unknown member, which DSSE says to ignore; the hint still
  // names the key.
  CHECK(accepted <= 15);
}

TEST_CASE("each way of being wrong has its own code") {
  const PrivateKey key = make();
  const PrivateKey other = make();
  const Keyring keys = ring(key);
  const Bytes good = sign_statement(statement(), key).value();
  const std::string id = key.public_key().id();
  const std::string type(k_in_toto_payload_type);

  SUBCASE("unknown key") {
    CHECK(code(verify_statement(sign_statement(statement(), other).value(), keys, expect())) ==
          "attest.key-unknown");
  }
  SUBCASE("empty keyring") {
    CHECK(code(verify_statement(good, Keyring{}, expect())) == "attest.key-unknown");
  }
  SUBCASE("a known key's name on another key's signature") {
    CHECK(code(verify_statement(bundle(other, type, statement(), id, id), keys, expect())) ==
          "attest.signature");
  }
  SUBCASE("the signer's signature under another name") {
    const std::string wrong = other.public_key().id();
    CHECK(code(verify_statement(bundle(key, type, statement(), wrong, wrong), keys, expect())) ==
          "attest.keyid-hint-mismatch");
  }
  SUBCASE("hint and keyid differ") {
    CHECK(code(verify_statement(bundle(key, type, statement(), id, other.public_key().id()), keys,
                                expect())) == "attest.keyid-hint-mismatch");
    CHECK(code(verify_statement(bundle(key, type, statement(), other.public_key().id(), id), keys,
                                expect())) == "attest.keyid-hint-mismatch");
  }
  SUBCASE("no keyid and no hint state nothing false") {
    CHECK(verify_statement(bundle(key, type, statement(), id, ""), keys, expect()));
    CHECK(verify_statement(bundle(key, type, statement(), "", ""), keys, expect()));
  }
  SUBCASE("payload type") {
    CHECK(code(verify_statement(bundle(key, "application/json", statement(), id, id), keys, expect())) ==
          "attest.payload-type");
  }
  SUBCASE("the same bytes under another payload type") {
    const auto parsed = parse_bundle(good);
    Envelope envelope = *parsed->envelope();
    envelope.payload_type = "application/vnd.in-toto.x+json";
    const Bytes bad = json::write(
        json::Object{{"mediaType", k_bundle_media_type},
                     {"verificationMaterial", json::Object{{"publicKey", json::Object{{"hint", id}}}}},
                     {"dsseEnvelope", envelope_json(envelope)}});
    CHECK(code(verify_statement(bad, keys, expect())) == "attest.signature");
  }
  SUBCASE("subject") {
    Expectations wanted = expect();
    wanted.subject = {{"sha256", std::string(64, 'b')}};
    CHECK(code(verify_statement(good, keys, wanted)) == "attest.subject-mismatch");
  }
  SUBCASE("predicate type") {
    Expectations wanted = expect();
    wanted.predicate_types = {std::string(predicate::k_provenance)};
    CHECK(code(verify_statement(good, keys, wanted)) == "attest.predicate-type");
  }
  SUBCASE("role") {
    Expectations wanted = expect();
    wanted.role = "gate";
    CHECK(code(verify_statement(good, keys, wanted)) == "attest.role");
  }
  SUBCASE("empty expectations accept nothing") {
    Expectations wanted = expect();
    wanted.subject.clear();
    CHECK(code(verify_statement(good, keys, wanted)) == "attest.no-expectation");
    wanted = expect();
    wanted.predicate_types.clear();
    CHECK(code(verify_statement(good, keys, wanted)) == "attest.no-expectation");
  }
  SUBCASE("no statement inside") {
    CHECK(code(verify_statement(bundle(key, type, "{}", id, id), keys, expect())) == "attest.statement-type");
    CHECK(code(verify_statement(bundle(key, type, "not json", id, id), keys, expect())) == "json.syntax");
  }
  SUBCASE("not a bundle") {
    CHECK(code(verify_statement("", keys, expect())) == "json.syntax");
    CHECK(code(verify_statement("{}", keys, expect())) == "attest.bundle-media-type");
  }
}

TEST_CASE("key validity is judged, each end with its own code") {
  const PrivateKey key = make();
  const Bytes good = sign_statement(statement(), key).value();
  const auto with = [&](auto change) {
    KeyConfig item = config(key);
    change(item);
    return Keyring::build({item}).value();
  };
  CHECK(code(verify_statement(good, with([](KeyConfig& k) { k.not_before = k_now + seconds{1}; }),
                              expect())) == "attest.key-not-yet-valid");
  CHECK(verify_statement(good, with([](KeyConfig& k) {
                           k.not_before = k_now;
                           k.not_after = k_now;
                         }),
                         expect()));
  CHECK(code(verify_statement(good, with([](KeyConfig& k) { k.not_after = k_now - seconds{1}; }),
                              expect())) == "attest.key-expired");
  CHECK(code(verify_statement(good, with([](KeyConfig& k) { k.revoked_at = k_now; }), expect())) ==
        "attest.key-revoked");
  CHECK(verify_statement(good, with([](KeyConfig& k) { k.revoked_at = k_now + seconds{1}; }), expect()));
  CHECK(code(verify_statement(good, with([](KeyConfig& k) { k.compromised = true; }), expect())) ==
        "attest.key-revoked");
}

TEST_CASE("a keyring never holds one key or one name twice") {
  const PrivateKey key = make();
  const PrivateKey other = make();
  CHECK(code(Keyring::build({config(key, "a"), config(key, "b")})) == "attest.keyring-duplicate");
  CHECK(code(Keyring::build({config(key, "a"), config(other, "a")})) == "attest.keyring-duplicate");
  CHECK(code(Keyring::build({config(key, "")})) == "attest.keyring-name");
  CHECK(Keyring::build({config(key, "a"), config(other, "b")}));
  KeyConfig backwards = config(key);
  backwards.not_before = k_now;
  backwards.not_after = k_now - seconds{1};
  CHECK(code(Keyring::build({backwards})) == "attest.keyring-interval");
}

TEST_CASE("evidence that does not verify is a fact with its problem, not an error") {
  const PrivateKey key = make();
  const PrivateKey other = make();
  const Bytes good = sign_statement(statement(), key).value();
  const auto fact = examine_evidence(good, ring(key), k_now);
  REQUIRE(fact);
  CHECK(fact->signature.verified);
  CHECK(fact->digest == sha256(good).oci());
  CHECK(fact->predicate_type == predicate::k_scan);
  CHECK(fact->subjects.at(0).digest.at("sha256") == k_a);
  CHECK(fact->time == sys_seconds{seconds{1'795'464'000}});

  const auto foreign = examine_evidence(good, ring(other), k_now);
  REQUIRE(foreign);
  CHECK_FALSE(foreign->signature.verified);
  CHECK(foreign->signature.problem.find("[attest.key-unknown]") != std::string::npos);
  CHECK(foreign->signature.key_name.empty());
  CHECK_FALSE(examine_evidence("junk", ring(key), k_now));
}

TEST_CASE("a statement that holds a secret is not signed") {
  Subject subject;
  subject.digest = {{"sha256", k_a}};
  const std::string token = "ghp_" + std::string(36, 'x');
  const Bytes payload = make_statement({subject}, predicate::k_scan,
                                       json::Object{{"findings", json::Array{json::Value(token)}}})
                            .value();
  const auto refused = sign_statement(payload, make());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "attest.secret-in-payload");
  CHECK(refused.error().message.find(token) == std::string::npos);
}

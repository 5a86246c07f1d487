// Who, when, what and which level: by the verifier's own table, never by the document.
#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/authority.h"
#include "attest/bundle.h"
#include "attest/verify.h"
#include "base/effects.h"
#include "sluice/predicates.h"

using namespace sluice;
using namespace sluice::attest;
using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds k_now{seconds{1'800'000'000}};
const std::string k_builder = "https://ci.example/builder";

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}
std::string code(const Status& status) {
  return status ? "ok" : status.error().code;
}

KeyConfig config(const PrivateKey& key, std::string name = "k") {
  KeyConfig out;
  out.name = std::move(name);
  out.pem = key.public_key().pem();
  out.roles = {"builder"};
  out.builder = k_builder;
  return out;
}

struct Claim {
  std::string builder = k_builder;
  sys_seconds finished = k_now;
  std::string ref = "refs/heads/main";
  json::Object extra = {};  // more externalParameters
  json::Object internal = {};
};

Bytes provenance(const Claim& claim) {
  json::Object external{
      {"source", json::Object{{"repository", "https://git.example/app"}, {"ref", claim.ref}}}};
  for (const json::Member& member : claim.extra.members()) external.set(member.key, member.value);
  json::Object metadata;
  if (claim.finished.time_since_epoch().count() > 0) metadata.set("finishedOn", format_time(claim.finished));
  return make_statement(
             {{SubjectKind::file, "app", {{"sha256", std::string(64, 'a')}}}}, predicate::k_provenance,
             json::Object{{"buildDefinition", json::Object{{"buildType", predicate::k_build_type},
                                                           {"externalParameters", std::move(external)},
                                                           {"internalParameters", claim.internal}}},
                          {"runDetails", json::Object{{"builder", json::Object{{"id", claim.builder}}},
                                                      {"metadata", std::move(metadata)}}}})
      .value();
}

Expectations expect() {
  Expectations out;
  out.subject = {{"sha256", std::string(64, 'a')}};
  out.predicate_types = {std::string(predicate::k_provenance)};
  out.now = k_now;
  return out;
}

Keyring ring(std::vector<KeyConfig> keys) {
  return Keyring::build(std::move(keys)).value();
}

}  // namespace

TEST_CASE("a key in the job never yields more than Build L1, whatever the document says") {
  const PrivateKey key = PrivateKey::generate().value();
  const std::vector<json::Object> boasts{{},
                                         json::Object{{"level", json::Object{{"slsaBuildLevel", 3}}}},
                                         json::Object{{"level", 3}},
                                         json::Object{{"verifiedLevels", json::Array{"SLSA_BUILD_LEVEL_3"}}},
                                         json::Object{{"slsaLevel", "SLSA_BUILD_LEVEL_4"}},
                                         json::Object{{"max_level", 3}, {"place", "service"}}};
  for (const json::Object& boast : boasts) {
    Claim claim;
    claim.internal = boast;
    const auto verified =
        verify_statement(sign_statement(provenance(claim), key).value(), ring({config(key)}), expect());
    REQUIRE(verified);
    CHECK(verified->level == 1);
    CHECK(verified->signature.max_level == 1);
  }
  // Even if a table with more had come through: the cap stands by itself.
  KeyConfig item = config(key);
  item.max_level = 3;
  item.place = KeyPlace::job;
  CHECK(build_level(item, item.builder) == 1);
  item.place = KeyPlace::service;
  CHECK(build_level(item, item.builder) == 3);
}

TEST_CASE(
    "a level table that gives a key in the job more than L1 is refused, as is a level without a builder") {
  const PrivateKey key = PrivateKey::generate().value();
  for (const int level : {2, 3}) {
    KeyConfig item = config(key);
    item.max_level = level;
    CHECK(code(Keyring::build({item})) == "attest.keyring-level");
    item.place = KeyPlace::service;
    CHECK(code(Keyring::build({item})) == "ok");
    CHECK(build_level(item, k_builder) == level);
    item.builder.clear();
    CHECK(code(Keyring::build({item})) == "attest.keyring-level");
  }
  for (const int level : {-1, 4}) {
    KeyConfig item = config(key);
    item.place = KeyPlace::service;
    item.max_level = level;
    CHECK(code(Keyring::build({item})) == "attest.keyring-level");
  }
}

TEST_CASE("a key speaks for its own builder only") {
  const PrivateKey key = PrivateKey::generate().value();
  KeyConfig item = config(key);
  item.place = KeyPlace::service;
  item.max_level = 3;
  const auto level_of = [&](const std::string& builder, const KeyConfig& entry) {
    Claim claim;
    claim.builder = builder;
    return verify_statement(sign_statement(provenance(claim), key).value(), ring({entry}), expect())->level;
  };
  CHECK(level_of(k_builder, item) == 3);
  CHECK(level_of("https://ci.example/builder2", item) == 0);
  CHECK(level_of("https://ci.example/Builder", item) == 0);
  item.max_level = 1;
  item.builder.clear();
  CHECK(level_of(k_builder, item) == 0);
}

TEST_CASE("external parameters that the build type does not define are reported") {
  const PrivateKey key = PrivateKey::generate().value();
  Claim claim;
  claim.extra = json::Object{{"backdoor", true}};
  const auto verified =
      verify_statement(sign_statement(provenance(claim), key).value(), ring({config(key)}), expect());
  REQUIRE(verified);
  CHECK(verified->unknown_parameters == std::vector<std::string>{"backdoor"});
  CHECK(verify_statement(sign_statement(provenance({}), key).value(), ring({config(key)}), expect())
            ->unknown_parameters->empty());
}

TEST_CASE("m of n counts keys, over the same bytes") {
  const PrivateKey a = PrivateKey::generate().value();
  const PrivateKey b = PrivateKey::generate(KeyAlgorithm::ed25519).value();
  const PrivateKey c = PrivateKey::generate().value();
  const PrivateKey stranger = PrivateKey::generate().value();
  const Keyring keys = ring({config(a, "a"), config(b, "b"), config(c, "c")});
  const Bytes statement = provenance({});
  const auto by = [&](const PrivateKey& key, const Bytes& bytes) {
    return sign_statement(bytes, key).value();
  };
  const auto judge = [&](const std::vector<Bytes>& bundles, std::size_t needed) {
    return verify_threshold(bundles, keys, expect(), needed);
  };
  const auto two = judge({by(a, statement), by(b, statement)}, 2);
  REQUIRE(two);
  CHECK(two->signers.size() == 2);
  CHECK(two->signers[1].key_name == "b");
  CHECK(code(judge({by(a, statement), by(a, statement), by(a, statement)}, 2)) == "attest.threshold");
  CHECK(code(judge({by(a, statement), by(stranger, statement)}, 2)) == "attest.threshold");
  Claim other;
  other.ref = "refs/heads/other";
  CHECK(code(judge({by(a, statement), by(b, provenance(other))}, 2)) == "attest.threshold");
  CHECK(code(judge({by(a, statement), by(stranger, statement), "junk", by(c, statement)}, 2)) == "ok");
  CHECK(code(judge({}, 1)) == "attest.threshold");
  CHECK(code(judge({by(a, statement)}, 0)) == "attest.no-expectation");
  CHECK(code(judge(std::vector<Bytes>(k_max_threshold_bundles + 1, "x"), 1)) == "attest.limit");
}

TEST_CASE("one signature spelled in two ways is one key") {
  const PrivateKey key = PrivateKey::generate().value();
  const Bytes bundle = sign_statement(provenance({}), key).value();
  Bytes other = bundle;  // another spelling of the same envelope
  other.insert(other.size() - 1, " ");
  CHECK(code(verify_threshold({bundle, other}, ring({config(key)}), expect(), 2)) == "attest.threshold");
}

TEST_CASE("evidence that is too old, says no time, or is of the future does not count") {
  const PrivateKey key = PrivateKey::generate().value();
  const auto judge = [&](sys_seconds finished, std::optional<seconds> max_age) {
    Claim claim;
    claim.finished = finished;
    Expectations in = expect();
    in.max_age = max_age;
    return code(verify_statement(sign_statement(provenance(claim), key).value(), ring({config(key)}), in));
  };
  CHECK(judge(k_now - hours(1), hours(1)) == "ok");
  CHECK(judge(k_now - hours(1) - seconds(1), hours(1)) == "attest.too-old");
  CHECK(judge(sys_seconds{}, hours(1)) == "attest.too-old");
  CHECK(judge(sys_seconds{}, std::nullopt) == "ok");
  CHECK(judge(k_now + hours(1), std::nullopt) == "attest.time-future");
  CHECK(judge(k_now + seconds(60), std::nullopt) == "ok");
}

TEST_CASE("provenance of an older build of the same ref is not the newest") {
  const PrivateKey key = PrivateKey::generate().value();
  const auto verified = [&](sys_seconds finished, const std::string& ref) {
    Claim claim;
    claim.finished = finished;
    claim.ref = ref;
    return verify_statement(sign_statement(provenance(claim), key).value(), ring({config(key)}), expect())
        .value();
  };
  const VerifiedStatement old = verified(k_now - hours(2), "refs/heads/main");
  const VerifiedStatement fresh = verified(k_now - hours(1), "refs/heads/main");
  const VerifiedStatement branch = verified(k_now, "refs/heads/feature");
  CHECK(code(check_newest(fresh, {old, fresh, branch})) == "ok");
  CHECK(code(check_newest(old, {old, fresh, branch})) == "attest.not-newest");
  CHECK(code(check_newest(verified(sys_seconds{}, "refs/heads/main"), {})) == "attest.no-time");
}

TEST_CASE(
    "a timestamp says when a key signed: an expired key's old evidence still counts, a forged time does "
    "not") {
  const PrivateKey key = PrivateKey::generate().value();
  const AuthorityRequest request{"Acme", k_now - hours(24 * 365), k_authority_lifetime};
  Authority authority = make_authority(request).value();
  const TrustedRoot root = trusted_root_of(authority, request);
  const FixedClock clock(k_now - hours(24));
  LocalTimestampAuthority stamps(std::move(authority.timestamp_key), authority.timestamp, clock);
  const Bytes bundle = sign_statement(provenance({}), SigningOptions{&key, nullptr, {&stamps}}).value();

  KeyConfig item = config(key);
  item.not_after = k_now - hours(1);
  Expectations in = expect();
  CHECK(code(verify_statement(bundle, ring({item}), in)) == "attest.key-expired");
  in.trusted_root = &root;
  const auto verified = verify_statement(bundle, ring({item}), in);
  REQUIRE(verified);
  CHECK(verified->times == std::vector<Moment>{Moment(k_now - hours(24))});
  in.max_age = hours(23);
  CHECK(code(verify_statement(bundle, ring({item}), in)) ==
        "attest.too-old");  // by the timestamp, not by its word
  in.max_age.reset();

  item.revoked_at = k_now - hours(2);
  CHECK(code(verify_statement(bundle, ring({item}), in)) == "ok");
  item.revoked_at = k_now - hours(48);
  CHECK(code(verify_statement(bundle, ring({item}), in)) == "attest.key-revoked");
  item.revoked_at = k_now;
  item.compromised = true;
  CHECK(code(verify_statement(bundle, ring({item}), in)) == "attest.key-revoked");

  const TrustedRoot other = trusted_root_of(make_authority(request).value(), request);
  in.trusted_root = &other;
  CHECK(code(verify_statement(bundle, ring({config(key)}), in)) == "attest.timestamp-untrusted");
}

TEST_CASE("a bare DSSE envelope is read, one good signature of several suffices, a lying key id does not") {
  const PrivateKey key = PrivateKey::generate().value();
  const PrivateKey other = PrivateKey::generate().value();
  const Bytes statement = provenance({});
  const auto envelope = [&](std::vector<EnvelopeSignature> signatures) {
    return json::write(
        envelope_json({std::string(k_in_toto_payload_type), statement, std::move(signatures)}));
  };
  const Bytes good = key.sign(pae(k_in_toto_payload_type, statement)).value();
  const Keyring keys = ring({config(key, "a"), config(other, "b")});
  const auto judge = [&](const std::string& text) { return code(verify_statement(text, keys, expect())); };
  CHECK(judge(envelope({{"", good}})) == "ok");
  CHECK(judge(envelope({{"some other convention", good}})) == "ok");
  CHECK(judge(envelope({{"", "junk"}, {"", good}})) == "ok");
  CHECK(judge(envelope({{other.public_key().id(), good}})) == "attest.keyid-hint-mismatch");
  CHECK(judge(envelope({{"", "junk"}})) == "attest.key-unknown");
  CHECK(judge(envelope({})) == "attest.envelope-signatures");
}

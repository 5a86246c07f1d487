#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/bundle.h"
#include "attest/statement.h"
#include "base/json.h"
#include "sluice/predicates.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

Bytes made(bool keyid = true) {
  Subject subject;
  subject.digest = {{"sha256", std::string(64, 'a')}};
  const auto statement = make_statement(
      {subject}, predicate::k_scan,
      json::Object{
          {"findings", json::Array{}}, {"gaps", json::Array{}}, {"finishedOn", "2026-11-23T20:00:00Z"}});
  const PrivateKey key = PrivateKey::generate().value();
  SigningOptions options;
  options.signer = &key;
  options.keyid = keyid;
  return sign_statement(*statement, options).value();
}

}  // namespace

TEST_CASE("what is written is version 0.3 with one signature, whose keyid is the hint") {
  const Bytes text = made();
  const auto bundle = parse_bundle(text);
  REQUIRE(bundle);
  CHECK(bundle->version == BundleVersion::v0_3);
  CHECK(bundle->has_public_key);
  CHECK(bundle->public_key_hint.size() == 64);
  REQUIRE(bundle->envelope() != nullptr);
  CHECK(bundle->envelope()->signatures.at(0).keyid == bundle->public_key_hint);
  CHECK(bundle->envelope()->payload_type == k_in_toto_payload_type);
  CHECK(bundle->signature() == bundle->envelope()->signatures.at(0).sig);
  CHECK(text.find(k_bundle_media_type) != std::string::npos);
}

TEST_CASE("the keyid can be left empty; the hint stays") {
  const auto bundle = parse_bundle(made(false));
  REQUIRE(bundle);
  CHECK(bundle->public_key_hint.size() == 64);
  REQUIRE(bundle->envelope() != nullptr);
  CHECK(bundle->envelope()->signatures.at(0).keyid.empty());
}

TEST_CASE("only statements are signed") {
  const PrivateKey key = PrivateKey::generate().value();
  CHECK(code(sign_statement("hello", key)) == "json.syntax");
  CHECK(code(sign_statement("{}", key)) == "attest.statement-type");
}

TEST_CASE("members of the bundle have their types") {
  json::Value value = json::parse(made(), "bundle").value();
  const auto with = [&](std::string_view key, json::Value replacement) {
    json::Object copy = *value.as_object();
    copy.set(std::string(key), std::move(replacement));
    return code(parse_bundle(json::write(copy)));
  };
  CHECK(with("mediaType", k_bundle_media_type).empty());
  CHECK(with("mediaType", 3) == "attest.bundle");
  CHECK(with("verificationMaterial", json::Array{}) == "attest.bundle");
  CHECK(with("verificationMaterial", json::Object{}) == "attest.bundle");
  CHECK(with("verificationMaterial", json::Object{{"publicKey", json::Object{{"hint", 7}}}}) ==
        "attest.bundle");
  CHECK(with("verificationMaterial", json::Object{{"publicKey", json::Object{{"key", "x"}}}}) ==
        "attest.bundle-field");
  CHECK(with("verificationMaterial", json::Object{{"publicKey", json::Object{}},
                                                  {"tlogEntries", json::Object{}}}) == "attest.bundle");
  CHECK(with("verificationMaterial",
             json::Object{{"publicKey", json::Object{}}, {"tlogEntries", json::Array{json::Value(1)}}}) ==
        "attest.bundle");
  CHECK(with("verificationMaterial", json::Object{{"certificate", json::Object{}}}) == "attest.bundle");
  CHECK(with("dsseEnvelope", "x") == "attest.envelope");
  CHECK(with("dsseEnvelope", nullptr) == "attest.bundle");
}

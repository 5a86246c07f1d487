// One changed byte anywhere in what is signed, or in what proves it, is refused: every byte is tried.
#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/authority.h"
#include "attest/bundle.h"
#include "attest/statement.h"
#include "attest/verify_bundle.h"
#include "base/effects.h"

using namespace sluice;
using namespace sluice::attest;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds k_now{seconds{1'700'000'000}};
const std::string k_artifact = "the artifact";
const std::string k_identity = "https://ci.example/app";

struct Signed {
  TrustedRoot root;
  std::string key_pem;  // empty: by certificate
  Bytes text;
};

Bytes statement() {
  return make_statement({{SubjectKind::file, "app", {{"sha256", sha256(k_artifact).hex()}}}},
                        "https://example.com/note/v1", json::Object{{"a", 1}})
      .value();
}

Signed by_key(KeyAlgorithm algorithm) {
  const PrivateKey key = PrivateKey::generate(algorithm).value();
  return {{}, key.public_key().pem(), sign_statement(statement(), key).value()};
}

Signed by_certificate() {
  const AuthorityRequest request{"Acme", k_now - seconds(60), k_authority_lifetime};
  Authority authority = make_authority(request).value();
  TrustedRoot root = trusted_root_of(authority, request);
  const PrivateKey key = PrivateKey::generate().value();
  const FixedClock clock(k_now);
  const Certificate leaf = issue_certificate({key.public_key(), k_identity, "https://ci.example",
                                              k_now - seconds(1), seconds(600)},
                                             authority.issuing, authority.issuing_key)
                               .value();
  LocalTimestampAuthority stamps(std::move(authority.timestamp_key), authority.timestamp, clock);
  SigningOptions options{&key, &leaf, {&stamps}};
  return {std::move(root), "", sign_statement(statement(), options).value()};
}

Result<VerifiedBundle> verify(const Signed& item, const Bundle& bundle) {
  BundleOptions in;
  in.artifact = k_artifact;
  if (!item.key_pem.empty()) {
    in.key_pem = item.key_pem;
    return verify_bundle(bundle, nullptr, in);
  }
  in.certificate_identity = k_identity;
  in.certificate_issuer = "https://ci.example";
  return verify_bundle(bundle, &item.root, in);
}

// Flips one bit of each byte of the part that `part` chooses; returns how many such bundles still verified
// with a result that differs from the true one, or (if `strict`) verified at all.
template <typename Part>
std::size_t accepted(const Signed& item, Part part, bool strict, unsigned bit) {
  const Bundle whole = parse_bundle(item.text).value();
  const VerifiedBundle truth = verify(item, whole).value();
  std::size_t count = 0;
  Bundle copy = whole;
  const std::size_t size = part(copy).size();
  REQUIRE(size > 0);
  for (std::size_t at = 0; at < size; ++at) {
    Bundle changed = whole;
    auto& bytes = part(changed);
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1u << bit));
    const auto result = verify(item, changed);
    if (!result) continue;
    const bool same = result->payload == truth.payload && result->times == truth.times &&
                      result->identity == truth.identity && result->key_id == truth.key_id;
    if (strict || !same) {
      ++count;
      MESSAGE("accepted at byte " << at << " of " << size);
    }
  }
  return count;
}

Envelope& envelope(Bundle& bundle) {
  return *std::get_if<Envelope>(&bundle.content);
}

}  // namespace

TEST_CASE("one changed byte of payload, type or signature is refused, for every kind of key") {
  for (const KeyAlgorithm algorithm :
       {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384, KeyAlgorithm::ed25519, KeyAlgorithm::rsa_pkcs1,
        KeyAlgorithm::rsa_pss}) {
    CAPTURE(to_string(algorithm));
    const Signed item = by_key(algorithm);
    for (const unsigned bit : {0u}) {
      CHECK(accepted(item, [](Bundle& b) -> Bytes& { return envelope(b).payload; }, true, bit) == 0);
      CHECK(
          accepted(item, [](Bundle& b) -> std::string& { return envelope(b).payload_type; }, true, bit) == 0);
      CHECK(
          accepted(item, [](Bundle& b) -> Bytes& { return envelope(b).signatures[0].sig; }, true, bit) == 0);
    }
  }
}

TEST_CASE("one changed byte of payload, signature or certificate is refused under a certificate") {
  const Signed item = by_certificate();
  for (const unsigned bit : {0u, 7u}) {
    CHECK(accepted(item, [](Bundle& b) -> Bytes& { return envelope(b).payload; }, true, bit) == 0);
    CHECK(accepted(item, [](Bundle& b) -> Bytes& { return envelope(b).signatures[0].sig; }, true, bit) == 0);
    CHECK(accepted(item, [](Bundle& b) -> Bytes& { return b.certificates[0]; }, true, bit) == 0);
  }
}

TEST_CASE(
    "one changed byte of a timestamp is refused, or lies outside of what it signs and changes nothing") {
  const Signed item = by_certificate();
  for (const unsigned bit : {0u, 7u}) {
    CHECK(accepted(item, [](Bundle& b) -> Bytes& { return b.timestamps[0]; }, false, bit) == 0);
  }
}

TEST_CASE("one changed byte of a bundle's text is refused") {
  for (const Signed& item : {by_key(KeyAlgorithm::ecdsa_p256), by_certificate()}) {
    const VerifiedBundle truth = verify(item, parse_bundle(item.text).value()).value();
    std::size_t wrong = 0;
    for (std::size_t at = 0; at < item.text.size(); ++at) {
      Bytes text = item.text;
      text[at] = static_cast<char>(text[at] ^ 1);
      const auto bundle = parse_bundle(text);
      const auto result = bundle ? verify(item, *bundle) : Result<VerifiedBundle>(fail(bundle.error()));
      if (!result) continue;
      // The unsigned wrapping of a timestamp token is the one place where a byte carries nothing.
      if (item.key_pem.empty() && result->times == truth.times && result->payload == truth.payload) continue;
      ++wrong;
      MESSAGE("accepted at " << at << ": " << text.substr(at < 20 ? 0 : at - 20, 40));
    }
    CHECK(wrong == 0);
  }
}

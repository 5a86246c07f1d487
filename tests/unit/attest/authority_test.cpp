#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/authority.h"
#include "attest/bundle.h"
#include "attest/predicates.h"
#include "attest/statement.h"
#include "attest/timestamp.h"
#include "attest/verify_bundle.h"
#include "base/effects.h"

using namespace sluice;
using namespace sluice::attest;
using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds k_start{seconds{1'700'000'000}};
constexpr sys_seconds k_signed = k_start + hours(24 * 30);
const std::string k_identity = "https://ci.example/acme/app";
const std::string k_issuer = "https://ci.example";
const std::string k_artifact = "the artifact";

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

// A private authority and a signer with a certificate of ten minutes.
struct World {
  AuthorityRequest request{"Acme", k_start, k_authority_lifetime};
  Authority authority = make_authority(request).value();
  PrivateKey key;
  Certificate leaf;
  FixedClock clock{k_signed};
  LocalTimestampAuthority stamps{
      PrivateKey::from_pem(authority.timestamp_key.to_pem(nullptr).value().view()).value(),
      authority.timestamp, clock};
  std::string root = write_trusted_root(trusted_root_of(authority, request));

  explicit World(KeyAlgorithm algorithm = KeyAlgorithm::ecdsa_p256)
      : key(PrivateKey::generate(algorithm).value()), leaf(issue({})) {}

  Certificate issue(const LeafRequest& changes) {
    LeafRequest leaf_request{key.public_key(), k_identity, k_issuer, k_signed - seconds(60), seconds(600)};
    if (changes.lifetime.count() != 0) leaf_request.lifetime = changes.lifetime;
    return issue_certificate(leaf_request, authority.issuing, authority.issuing_key).value();
  }
  SigningOptions options() { return SigningOptions{&key, &leaf, {&stamps}}; }
  Bytes statement() const {
    return make_statement({{SubjectKind::file, "app", {{"sha256", sha256(k_artifact).hex()}}}},
                          "https://example.com/note/v1", json::Object{{"a", 1}})
        .value();
  }
  std::string verify(BytesView bundle, std::string_view identity = k_identity) const {
    BundleOptions in;
    in.bundle = bundle;
    in.trusted_root = root;
    in.certificate_identity = identity;
    in.certificate_issuer = k_issuer;
    in.artifact = k_artifact;
    return code(verify_bundle(in));
  }
};

}  // namespace

TEST_CASE("a bundle with a private certificate and a timestamp verifies under the written trusted root") {
  for (const KeyAlgorithm algorithm :
       {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384, KeyAlgorithm::ed25519, KeyAlgorithm::rsa_pkcs1}) {
    CAPTURE(to_string(algorithm));
    World world(algorithm);
    CHECK(world.verify(sign_statement(world.statement(), world.options()).value()) == "ok");
    CHECK(world.verify(sign_message(k_artifact, world.options()).value()) == "ok");
  }
}

TEST_CASE("a timestamp's policy is a number that every client can read") {
  World world;
  const Bytes token = world.stamps.stamp("signature").value();
  CHECK(token.find(std::string("\x06\x04\x55\x1d\x20\x00", 6)) != Bytes::npos);  // 2.5.29.32.0
}

TEST_CASE("the certificate counts at the timestamp, which must be there") {
  World world;
  CHECK(world.verify(sign_statement(world.statement(), world.options()).value(),
                     "https://ci.example/acme/other") == "attest.identity");
  SigningOptions without = world.options();
  without.timestamps.clear();
  CHECK(world.verify(sign_statement(world.statement(), without).value()) == "attest.no-time");
  world.clock = FixedClock(k_signed + hours(2));  // the certificate has ended
  CHECK(world.verify(sign_statement(world.statement(), world.options()).value()) ==
        "attest.certificate-chain");
  world.clock = FixedClock(k_signed - hours(2));
  CHECK(world.verify(sign_statement(world.statement(), world.options()).value()) ==
        "attest.certificate-chain");
}

TEST_CASE("another authority's certificate or timestamp proves nothing") {
  World world;
  World other;
  SigningOptions mixed = world.options();
  mixed.timestamps = {&other.stamps};
  CHECK(world.verify(sign_statement(world.statement(), mixed).value()) == "attest.timestamp-untrusted");
  CHECK(other.verify(sign_statement(world.statement(), world.options()).value()) ==
        "attest.timestamp-untrusted");
}

TEST_CASE("a certificate of another key is not put into a bundle") {
  World world;
  World other;
  SigningOptions options = world.options();
  options.certificate = &other.leaf;
  CHECK(code(sign_statement(world.statement(), options)) == "attest.certificate-key");
}

TEST_CASE("an authority does not issue what would not verify") {
  World world;
  const LeafRequest good{world.key.public_key(), k_identity, k_issuer, k_signed, seconds(600)};
  const auto issue = [&](auto change) {
    LeafRequest request = good;
    change(request);
    return code(issue_certificate(request, world.authority.issuing, world.authority.issuing_key));
  };
  CHECK(issue([](LeafRequest&) {}) == "ok");
  CHECK(issue([](LeafRequest& r) { r.identity = "release@example.com"; }) == "ok");
  CHECK(issue([](LeafRequest& r) { r.identity = ""; }) == "attest.authority");
  CHECK(issue([](LeafRequest& r) { r.identity = "no-uri"; }) == "attest.authority");
  CHECK(issue([](LeafRequest& r) { r.identity = "https://a\nb"; }) == "attest.authority");
  CHECK(issue([](LeafRequest& r) { r.issuer = ""; }) == "attest.authority");
  CHECK(issue([](LeafRequest& r) { r.lifetime = {}; }) == "attest.authority");
  CHECK(issue([](LeafRequest& r) { r.lifetime = hours(24 * 1000); }) == "attest.authority");
  CHECK(issue([](LeafRequest& r) { r.not_before = k_start - seconds(1); }) == "attest.authority");
  CHECK(issue([](LeafRequest& r) { r.not_before = k_start + k_authority_lifetime; }) == "attest.authority");
  CHECK(code(issue_certificate(good, world.authority.issuing, world.authority.root_key)) ==
        "attest.authority");
  CHECK(code(make_authority({"", k_start, k_authority_lifetime})) == "attest.authority");
}

TEST_CASE("certificates go through PEM unchanged, and chains are lists of blocks") {
  World world;
  CHECK(Certificate::from_pem(world.leaf.pem()).value().der() == world.leaf.der());
  const auto chain = Certificate::list_from_pem(world.authority.issuing.pem() + world.authority.root.pem());
  REQUIRE(chain);
  REQUIRE(chain->size() == 2);
  CHECK((*chain)[1].der() == world.authority.root.der());
  CHECK(code(Certificate::list_from_pem("")) == "attest.certificate");
  CHECK(code(Certificate::list_from_pem(world.leaf.pem() + "junk")) == "attest.pem");
  CHECK(code(Certificate::from_pem(world.key.public_key().pem())) == "attest.certificate");
}

TEST_CASE("an answer to another timestamp request is not taken") {
  World world;
  const Bytes query = make_timestamp_query("a signature").value();
  const Bytes answer = world.stamps.answer(query).value();
  CHECK(check_timestamp_answer(answer, query));
  const auto code_of = [](const Status& status) { return status ? std::string("ok") : status.error().code; };
  CHECK(code_of(check_timestamp_answer(answer, make_timestamp_query("a signature").value())) ==
        "attest.timestamp-answer");  // the nonce
  CHECK(code_of(check_timestamp_answer(answer, make_timestamp_query("another").value())) ==
        "attest.timestamp-answer");
  CHECK(code_of(check_timestamp_answer("junk", query)) == "attest.timestamp-answer");
  CHECK(code_of(check_timestamp_answer(world.stamps.answer("junk").value(), query)) ==
        "attest.timestamp-answer");

  std::string asked;
  HttpTimestampSource http("http://tsa.example/",
                           [&](const std::string& url, std::string_view type, BytesView body) {
                             asked = url + " " + std::string(type);
                             return world.stamps.answer(body);
                           });
  CHECK(http.stamp("a signature"));
  CHECK(asked == "http://tsa.example/ application/timestamp-query");
  HttpTimestampSource replay("http://tsa.example/", [&](const std::string&, std::string_view, BytesView) {
    return Result<Bytes>(answer);
  });
  CHECK(code(replay.stamp("a signature")) == "attest.timestamp-answer");
}

TEST_CASE("a certificate that is not for timestamps makes none") {
  World world;
  LocalTimestampAuthority wrong(PrivateKey::from_pem(world.key.to_pem(nullptr).value().view()).value(),
                                world.leaf, world.clock);
  CHECK(code(wrong.stamp("x")) == "attest.timestamp-authority");
}

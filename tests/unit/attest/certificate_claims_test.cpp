// Demands on what a certificate says of the build: exact, and never dropped.
#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/verify_bundle.h"
#include "base/file.h"
#include "base/json.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

// A good vector of the conformance suite whose certificate says something of the build.
struct Vector {
  json::Value value;
  Bytes root;
  Bytes artifact;
};

Vector vector_of(const std::string& name) {
  const std::string folder = std::string(SLUICE_TEST_DATA) + "/conformance/sigstore/";
  Vector out;
  out.value = json::parse(read_file(folder + "cases/" + name + ".json").value(), name).value();
  out.root = read_file(folder + std::string(out.value.string_at("trusted_root"))).value();
  out.artifact = from_base64(out.value.string_at("artifact")).value();
  return out;
}

Result<VerifiedBundle> verify(const Vector& vector, std::map<std::string, std::string> claims) {
  BundleOptions options;
  options.bundle = vector.value.string_at("bundle");
  options.trusted_root = vector.root;
  options.certificate_identity = vector.value.string_at("identity");
  options.certificate_issuer = vector.value.string_at("issuer");
  options.artifact = vector.artifact;
  options.certificate_claims = std::move(claims);
  return verify_bundle(options);
}

std::string code(const Result<VerifiedBundle>& result) {
  return result ? "ok" : result.error().code;
}

}  // namespace

TEST_CASE("a demanded claim must be in the certificate, exactly") {
  const Vector vector = vector_of("ok-v0.3");
  const auto plain = verify(vector, {});
  REQUIRE(plain);
  for (const auto& [name, value] : plain->claims) {
    CAPTURE(name);
    CHECK(code(verify(vector, {{name, value}})) == "ok");
    CHECK(code(verify(vector, {{name, value + "x"}})) == "attest.claim");
  }
  CHECK(code(verify(vector, {{"deploymentEnvironment", "production"}})) == "attest.claim");
}

TEST_CASE("a demand that is not known, is empty, or cannot be met is an error and not dropped") {
  const Vector vector = vector_of("ok-v0.3");
  CHECK(code(verify(vector, {{"sourceRepository", "https://x"}})) == "attest.policy-option");
  CHECK(code(verify(vector, {{"1.3.6.1.4.1.57264.1.12", "https://x"}})) == "attest.policy-option");
  CHECK(code(verify(vector, {{"sourceRepositoryURI", ""}})) == "attest.policy-option");

  BundleOptions with_key;
  with_key.bundle = "{}";
  with_key.key_pem = "unused";
  with_key.artifact = "x";
  with_key.certificate_claims = {{"sourceRepositoryURI", "https://x"}};
  CHECK(code(verify_bundle(with_key)) == "attest.policy-option");
}

// Runs the vectors of tests/conformance/sigstore (its README tells their format): conformance_sigstore FOLDER
#include <map>
#include <string>

#include "attest/simple_signing.h"
#include "attest/verify_bundle.h"
#include "base/file.h"
#include "base/json.h"
#include "runner.h"

namespace {

using namespace sluice;

constexpr std::size_t k_least_cases = 70;

std::map<std::string, std::string> annotations_of(const json::Value& vector) {
  std::map<std::string, std::string> out;
  for (const json::Member& member : vector.find("annotations")->as_object()->members())
    out.emplace(member.key, *member.value.as_string());
  return out;
}

Result<attest::VerifiedBundle> verify_image(const json::Value& vector, BytesView payload, BytesView root_text,
                                            const attest::BundleOptions& options) {
  attest::SimpleExpectations expected;
  expected.image = SLUICE_TRY(Digest::parse_hex(vector.string_at("image")));
  if (vector.find("reference") != nullptr) expected.reference = std::string(vector.string_at("reference"));
  const attest::TrustedRoot root = SLUICE_TRY(attest::parse_trusted_root(root_text));
  return attest::verify_simple_signing(annotations_of(vector), payload, &root, options, expected);
}

Result<attest::VerifiedBundle> verify_attestation(const json::Value& vector, BytesView root_text,
                                                  const attest::BundleOptions& options) {
  const attest::Bundle bundle =
      SLUICE_TRY(attest::bundle_of_attestation(annotations_of(vector), vector.string_at("envelope")));
  const attest::TrustedRoot root = SLUICE_TRY(attest::parse_trusted_root(root_text));
  return attest::verify_bundle(bundle, &root, options);
}

Result<attest::VerifiedBundle> verify_any(const json::Value& vector, BytesView artifact, BytesView root,
                                          const attest::BundleOptions& options) {
  if (vector.find("annotations") == nullptr) return attest::verify_bundle(options);
  if (vector.find("envelope") != nullptr) return verify_attestation(vector, root, options);
  return verify_image(vector, artifact, root, options);
}

Result<std::string> outcome(const json::Value& vector, const std::string& folder) {
  const Bytes root = SLUICE_TRY(read_file(folder + "/" + std::string(vector.string_at("trusted_root"))));
  attest::BundleOptions options;
  options.bundle = vector.string_at("bundle");
  options.trusted_root = root;
  options.certificate_identity = vector.string_at("identity");
  options.certificate_issuer = vector.string_at("issuer");
  if (vector.find("key") != nullptr) options.key_pem = std::string(vector.string_at("key"));
  const Bytes artifact = SLUICE_TRY(from_base64(vector.string_at("artifact")));
  if (vector.find("artifact_sha256") != nullptr) {
    options.artifact_digest = SLUICE_TRY(Digest::parse_hex(vector.string_at("artifact_sha256")));
  } else {
    options.artifact = artifact;
  }
  const auto verified = verify_any(vector, artifact, root, options);
  return verified ? std::string("ok") : verified.error().code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  return conformance::run(folder, k_least_cases,
                          [&](const json::Value& vector) { return outcome(vector, folder); });
}

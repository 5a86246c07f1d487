// Runs the vectors of tests/conformance/sigstore (its README tells their format): conformance_sigstore FOLDER
#include <cstdio>
#include <map>
#include <string>

#include "attest/simple_signing.h"
#include "attest/verify_bundle.h"
#include "base/effects.h"
#include "base/file.h"
#include "base/json.h"

namespace {

using namespace sluice;

constexpr std::size_t k_least_cases = 70;  // fewer means that the folder is not the right one

Result<attest::VerifiedBundle> verify_image(const json::Value& vector, BytesView payload, BytesView root_text,
                                            const attest::BundleOptions& options) {
  std::map<std::string, std::string> annotations;
  for (const json::Member& member : vector.find("annotations")->as_object()->members()) {
    annotations.emplace(member.key, *member.value.as_string());
  }
  attest::SimpleExpectations expected;
  expected.image = SLUICE_TRY(Digest::parse_hex(vector.string_at("image")));
  if (vector.find("reference") != nullptr) expected.reference = std::string(vector.string_at("reference"));
  const attest::TrustedRoot root = SLUICE_TRY(attest::parse_trusted_root(root_text));
  return attest::verify_simple_signing(annotations, payload, &root, options, expected);
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
  const auto verified = vector.find("annotations") != nullptr ? verify_image(vector, artifact, root, options)
                                                              : attest::verify_bundle(options);
  return verified ? std::string("ok") : verified.error().code;
}

// True if the case has the outcome it expects; else says what it had.
bool check(const std::string& folder, const std::string& file) {
  const auto text = read_file(folder + "/cases/" + file);
  const auto vector = text ? json::parse(*text, file) : Result<json::Value>(fail(text.error()));
  if (!vector) {
    std::printf("%s: %s\n", file.c_str(), to_string(vector.error()).c_str());
    return false;
  }
  const auto result = outcome(*vector, folder);
  const std::string got = result ? *result : "unreadable: " + to_string(result.error());
  const std::string expected(vector->string_at("expect"));
  if (got == expected) return true;
  std::printf("%s: expected %s, got %s\n    %s\n", file.c_str(), expected.c_str(), got.c_str(),
              std::string(vector->string_at("why")).c_str());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  const auto files = SystemDisk().list(folder + "/cases");
  if (!files) {
    std::printf("%s\n", to_string(files.error()).c_str());
    return 3;
  }
  std::size_t wrong = 0;
  for (const std::string& file : *files) wrong += check(folder, file) ? 0U : 1U;
  std::printf("%zu of %zu as expected\n", files->size() - wrong, files->size());
  return wrong == 0 && files->size() >= k_least_cases ? 0 : 1;
}

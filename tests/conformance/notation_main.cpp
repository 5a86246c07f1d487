// Runs the vectors of tests/conformance/notation (its README tells their format): conformance_notation FOLDER
#include <string>

#include "attest/notation.h"
#include "base/effects.h"
#include "base/file.h"
#include "base/json.h"
#include "runner.h"

namespace {

using namespace sluice;

constexpr std::size_t k_least_cases = 50;

Result<std::string> outcome(const json::Value& vector, const std::string& folder) {
  const Bytes text = SLUICE_TRY(read_file(folder + "/" + std::string(vector.string_at("trusted_root"))));
  const attest::TrustedRoot root = SLUICE_TRY(attest::parse_trusted_root(text));
  attest::NotationOptions options;
  options.image = SLUICE_TRY(Digest::parse_oci(vector.string_at("image")));
  options.identity = vector.string_at("identity");
  options.now = SLUICE_TRY(parse_time(vector.string_at("now")));
  const auto verified = attest::verify_notation(vector.string_at("envelope"), root, options);
  return verified ? std::string("ok") : verified.error().code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  return conformance::run(folder, k_least_cases,
                          [&](const json::Value& vector) { return outcome(vector, folder); });
}

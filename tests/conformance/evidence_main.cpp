// Runs the vectors of tests/conformance/evidence (its README tells their format): conformance_evidence FOLDER
#include <string>

#include "attest/keyring_file.h"
#include "attest/verify.h"
#include "base/effects.h"
#include "base/json.h"
#include "runner.h"

namespace {

using namespace sluice;

constexpr std::size_t k_least_cases = 70;

std::vector<std::string> texts(const json::Value& vector, std::string_view member) {
  std::vector<std::string> out;
  for (const json::Value& item : *vector.find(member)->as_array()) out.push_back(*item.as_string());
  return out;
}

Result<attest::VerifiedStatement> verify(const json::Value& vector) {
  attest::KeyringFile file = SLUICE_TRY(attest::parse_keyring(vector.string_at("keyring"), "keyring"));
  const attest::Keyring keyring = SLUICE_TRY(attest::Keyring::build(std::move(file.keys)));
  attest::Expectations expected;
  for (const json::Member& member : vector.find("subject")->as_object()->members())
    expected.subject.emplace(member.key, *member.value.as_string());
  expected.predicate_types = texts(vector, "types");
  expected.role = vector.string_at("role");
  expected.now = SLUICE_TRY(parse_time(vector.string_at("now")));
  if (const json::Value* age = vector.find("max_age"))
    expected.max_age = std::chrono::seconds(*age->as_int());
  expected.resource_uri = vector.string_at("resource_uri");
  expected.verifier_id = vector.string_at("verifier_id");
  expected.passed_only = vector.find("passed") != nullptr;
  const std::vector<std::string> bundles = texts(vector, "bundles");
  if (const json::Value* needed = vector.find("threshold")) {
    return SLUICE_TRY(attest::verify_threshold(bundles, keyring, expected,
                                               static_cast<std::size_t>(*needed->as_int())))
        .statement;
  }
  attest::VerifiedStatement first = SLUICE_TRY(attest::verify_statement(bundles.front(), keyring, expected));
  if (vector.find("newest") == nullptr) return first;
  std::vector<attest::VerifiedStatement> all;
  for (const std::string& bundle : bundles)
    all.push_back(SLUICE_TRY(attest::verify_statement(bundle, keyring, expected)));
  SLUICE_CHECK(attest::check_newest(first, all));
  return first;
}

Result<std::string> outcome(const json::Value& vector) {
  const auto verified = verify(vector);
  if (!verified) return verified.error().code;
  const json::Value* level = vector.find("level");
  if (level == nullptr || *level->as_int() == verified->level) return "ok";
  return "level " + std::to_string(verified->level);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return conformance::run(argv[1], k_least_cases, outcome);
}

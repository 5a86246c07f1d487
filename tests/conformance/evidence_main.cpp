// Runs the vectors of tests/conformance/evidence (its README tells their format): conformance_evidence FOLDER
#include <cstdio>
#include <string>

#include "attest/keyring_file.h"
#include "attest/verify.h"
#include "base/effects.h"
#include "base/file.h"
#include "base/json.h"

namespace {

using namespace sluice;

constexpr std::size_t k_least_cases = 70;  // fewer means that the folder is not the right one

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

std::string outcome(const json::Value& vector) {
  const auto verified = verify(vector);
  if (!verified) return verified.error().code;
  const json::Value* level = vector.find("level");
  if (level == nullptr || *level->as_int() == verified->level) return "ok";
  return "level " + std::to_string(verified->level);
}

bool check(const std::string& folder, const std::string& file) {
  const auto text = read_file(folder + "/cases/" + file);
  const auto vector = text ? json::parse(*text, file) : Result<json::Value>(fail(text.error()));
  if (!vector) {
    std::printf("%s: %s\n", file.c_str(), to_string(vector.error()).c_str());
    return false;
  }
  const std::string got = outcome(*vector);
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

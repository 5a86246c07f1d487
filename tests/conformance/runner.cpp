#include "runner.h"

#include <cstdio>

#include "base/effects.h"
#include "base/file.h"

namespace sluice::conformance {
namespace {

bool check(const std::string& folder, const std::string& file, const Outcome& outcome) {
  const auto text = read_file(folder + "/cases/" + file);
  const auto vector = text ? json::parse(*text, file) : Result<json::Value>(fail(text.error()));
  if (!vector) {
    std::printf("%s: %s\n", file.c_str(), to_string(vector.error()).c_str());
    return false;
  }
  const auto result = outcome(*vector);
  const std::string got = result ? *result : "unreadable: " + to_string(result.error());
  const std::string expected(vector->string_at("expect"));
  if (got == expected && std::string(vector->string_at("name")) + ".json" == file) return true;
  std::printf("%s: expected %s, got %s\n    %s\n", file.c_str(), expected.c_str(), got.c_str(),
              std::string(vector->string_at("why")).c_str());
  return false;
}

}  // namespace

int run(const std::string& folder, std::size_t least, const Outcome& outcome) {
  const auto files = SystemDisk().list(folder + "/cases");
  if (!files) {
    std::printf("%s\n", to_string(files.error()).c_str());
    return 3;
  }
  std::size_t wrong = 0;
  for (const std::string& file : *files) wrong += check(folder, file, outcome) ? 0U : 1U;
  std::printf("%zu of %zu as expected\n", files->size() - wrong, files->size());
  return wrong == 0 && files->size() >= least ? 0 : 1;
}

}  // namespace sluice::conformance

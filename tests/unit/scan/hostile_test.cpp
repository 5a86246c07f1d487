// Inputs made to break parsers: the parent lives, and none of them passes for clean.
#include <map>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "scan/scan.h"
#include "tree_folder.h"

using namespace sluice;
using namespace sluice::scan;
using namespace std::chrono_literals;

namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// The coverage of each file, scanned together with two good ones, which must stay analysed.
std::map<std::string, Coverage> outcomes(const std::map<std::string, std::string>& files,
                                         std::chrono::milliseconds deadline = 10s,
                                         std::uint64_t memory = 1u << 30) {
  const TreeFolder folder;
  folder.put("a.json", "[1]\n");
  folder.put("z.json", "{}\n");
  for (const auto& [name, bytes] : files) folder.put(name, bytes);
  Options options;
  options.roots = {folder.root()};
  options.rules.default_rules = false;
  options.parse_all = true;
  options.deadline = deadline;
  options.worker_memory_bytes = memory;
  const auto output = run(options);
  if (!output) FAIL(to_string(output.error()));
  std::map<std::string, Coverage> out;
  for (const Coverage& coverage : output->coverage) out[coverage.path] = coverage;
  CHECK(out.size() == files.size() + 2);
  CHECK(out["a.json"].status == CoverageStatus::analysed);
  CHECK(out["z.json"].status == CoverageStatus::analysed);
  return out;
}

Coverage outcome(const std::string& name, const std::string& bytes, std::chrono::milliseconds deadline = 10s,
                 std::uint64_t memory = 1u << 30) {
  return outcomes({{name, bytes}}, deadline, memory)[name];
}

#define CHECK_FAILED(coverage)                      \
  do {                                              \
    const Coverage result = (coverage);             \
    CAPTURE(result.path);                           \
    CAPTURE(result.reason);                         \
    CHECK(result.status == CoverageStatus::failed); \
    CHECK_FALSE(result.reason.empty());             \
  } while (false)

}  // namespace

TEST_CASE("200 KB of open brackets fail, in every language") {
  std::map<std::string, std::string> files;
  for (const std::string suffix : {"java", "ts", "json", "py", "go", "cpp", "sh", "yaml", "tf"}) {
    files["round." + suffix] = repeat("(", 200u << 10);
    files["curly." + suffix] = repeat("{", 200u << 10);
    files["square." + suffix] = repeat("[", 200u << 10);
  }
  files.erase("round.yaml");  // a plain scalar, and right YAML
  for (const auto& [name, coverage] : outcomes(files)) {
    if (!files.contains(name)) continue;
    CAPTURE(name);
    CAPTURE(coverage.reason);
    CHECK_FALSE(coverage.reason.empty());
    if (name == "square.sh") continue;  // one long, unclosed test command: a syntax error in coverage
    CHECK(coverage.status == CoverageStatus::failed);
  }
}

TEST_CASE("30,000 nested YAML flow maps fail") {
  CHECK_FAILED(outcome("h.yaml", repeat("{a: ", 30'000)));
  CHECK_FAILED(outcome("h.yaml", repeat("{a: ", 30'000) + repeat("}", 30'000)));
}

TEST_CASE("600 Python indents and a string fail") {
  std::string text;
  for (std::size_t i = 0; i < 600; ++i) text += std::string(i, ' ') + "if x:\n";
  CHECK_FAILED(outcome("h.py", text + std::string(600, ' ') + "'text'\n"));
}

TEST_CASE("254 nested YAML blocks fail") {
  std::string text;
  for (std::size_t i = 0; i < 254; ++i) text += std::string(i, ' ') + "a:\n";
  CHECK_FAILED(outcome("h.yaml", text + std::string(254, ' ') + "a: 1\n"));
}

TEST_CASE("tiny JSON tokens fail, at the deadline at the latest") {
  CHECK_FAILED(outcome("h.json", repeat("[1,", 70'000)));
  CHECK_FAILED(outcome("h.json", repeat("{\"a\":", 40'000)));
  // Error recovery over a random sequence takes seconds.
  std::string text;
  std::uint32_t random = 1;
  while (text.size() < 1u << 20) {
    random = random * 1'664'525 + 1'013'904'223;
    text += "[1,"[(random >> 16) % 3];
  }
  const Coverage result = outcome("h.json", text, 500ms);
  CAPTURE(result.reason);
  CHECK(result.status == CoverageStatus::failed);
  CHECK(result.reason.ends_with(" ms"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a file that needs more memory than a worker has fails") {
  CHECK_FAILED(outcome("h.json", "[" + repeat("1,\n", 1'000'000) + "1]", 20s, 96u << 20));
}
#endif

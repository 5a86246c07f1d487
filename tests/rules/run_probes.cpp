// The probes: Dockerfiles with one threat each, otherwise clean. probes/NAME.md names the rule that must see
// the threat in its heading; under the default profile that rule must fire, and at most one other finding of
// high or medium severity may stand beside it: a gate that names the threat among ten others has not named
// it.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "scan/scan.h"

using namespace sluice;

namespace {

constexpr std::size_t k_probes = 55;
constexpr std::size_t k_extra_allowed = 1;

struct Probe {
  std::string name;
  std::string rule;
  std::string text;
};

Probe read_probe(const std::filesystem::path& path, std::string_view markdown) {
  Probe probe{path.stem().string(), "", ""};
  if (markdown.starts_with("# ")) probe.rule = markdown.substr(2, markdown.find('\n') - 2);
  constexpr std::string_view opener = "```dockerfile\n";
  const std::size_t begin = markdown.find(opener);
  if (begin == std::string_view::npos) return probe;
  const std::string_view body = markdown.substr(begin + opener.size());
  probe.text = body.substr(0, body.find("```"));
  return probe;
}

// Says what is wrong; true if the threat is named and little else.
bool named_right(const Probe& probe, const scan::RuleBook& book) {
  if (book.find(probe.rule) == nullptr || probe.text.empty()) {
    std::printf("%s: no rule or no text\n", probe.name.c_str());
    return false;
  }
  const Result<scan::Output> output = scan::run_in_process("Dockerfile", probe.text, book);
  if (!output) {
    std::printf("%s: %s\n", probe.name.c_str(), to_string(output.error()).c_str());
    return false;
  }
  const auto names = [&probe](const Finding& finding) { return finding.rule == probe.rule; };
  const bool named = std::any_of(output->findings.begin(), output->findings.end(), names);
  std::string extra;
  std::size_t extras = 0;
  for (const Finding& finding : output->findings) {
    if (names(finding) || finding.severity < Severity::medium) continue;
    ++extras;
    extra += " " + finding.rule;
  }
  if (!named) std::printf("%s: %s is silent\n", probe.name.c_str(), probe.rule.c_str());
  if (extras > k_extra_allowed)
    std::printf("%s: %zu other findings:%s\n", probe.name.c_str(), extras, extra.c_str());
  return named && extras <= k_extra_allowed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Result<scan::RuleBook> book = scan::RuleBook::load({});  // the default profile
  if (!book) {
    std::fprintf(stderr, "%s\n", to_string(book.error()).c_str());
    return 1;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    if (entry.path().extension() == ".md") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::size_t right = 0;
  for (const std::filesystem::path& path : paths) {
    const Result<Bytes> text = read_file(path.string());
    if (text && named_right(read_probe(path, *text), *book)) ++right;
  }
  std::printf("%zu of %zu probes named right\n", right, paths.size());
  return right == k_probes && paths.size() == k_probes ? 0 : 1;
}

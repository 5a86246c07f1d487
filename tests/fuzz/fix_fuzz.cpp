// Fixing Dockerfiles: whatever the text, it comes to an end, builders refuse no more of it than before, and
// mending the result again changes nothing.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scan/fix/fix.h"
#include "syntax/dockerfile/document.h"

namespace {

using namespace sluice;

const scan::RuleBook& book() {
  static const scan::RuleBook made = [] {
    scan::RuleBookOptions options;
    options.profile = checks::Profile::all;
    options.only = {"dockerfile"};
    return *scan::RuleBook::load(options);
  }();
  return made;
}

std::ptrdiff_t refusals(std::string_view text) {
  const auto document = syntax::dockerfile::parse_document(text);
  return std::count_if(document.problems.begin(), document.problems.end(),
                       [](const auto& problem) { return problem.refused(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto result = scan::fix_in_process("Dockerfile", text, book());
  if (!result || !result->file.settled) return 0;
  if (refusals(result->text) > refusals(text)) std::abort();
  const auto again = scan::fix_in_process("Dockerfile", result->text, book());
  if (again && again->text != result->text) std::abort();
  return 0;
}

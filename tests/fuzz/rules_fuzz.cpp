// A rule file and a source text, parted by a NUL byte: loading and matching never crash, and every match lies
// in the text. The first byte of the text picks its language.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/match.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t part = input.find('\0');
  if (part == std::string_view::npos || part + 1 >= input.size()) return 0;
  const rules::RuleSource source{"rule.yaml", input.substr(0, part)};
  const rules::LoadedRules loaded = rules::load({&source, 1});
  for (const Coverage& problem : loaded.problems) {
    if (problem.status != CoverageStatus::failed || problem.reason.empty()) std::abort();
  }
  constexpr std::string_view grammars[] = {"python", "javascript", "typescript", "tsx"};
  const std::string_view text = input.substr(part + 2);
  const syntax::Language* language =
      syntax::find_language(grammars[static_cast<unsigned char>(input[part + 1]) % 4]);
  syntax::Parser parser;
  const auto tree = parser.parse(*language, text);
  rules::Target target;
  target.path = "file";
  target.text = text;
  target.tree = tree ? &*tree : nullptr;
  target.max_steps = 50'000;
  for (const rules::Match& match : rules::match(loaded.rules, target).matches) {
    if (match.span.begin > match.span.end || match.span.end > text.size()) std::abort();
  }
  return 0;
}

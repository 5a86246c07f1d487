// goss files: no crash; every matcher of one that parses can be held against values of every sort, with an
// answer that is the same twice.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "base/json.h"
#include "sandbox/goss/goss_spec.h"
#include "sandbox/run_tests.h"

using namespace sluice;
using namespace sluice::sandbox;

namespace {
class Substrings final : public TextMatcher {
 public:
  Result<bool> found(std::string_view pattern, std::string_view text) const override {
    if (pattern == "(") return fail(ErrorKind::config, "fuzz.pattern", "bad");
    return text.find(pattern) != std::string_view::npos;
  }
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = goss::parse_goss_file(text, "fuzz");
  if (!file) return 0;
  if (file->spec.tests.empty() && file->includes.empty()) std::abort();
  const std::vector<json::Value> values{json::Value("1.2.3\n4\n"),
                                        json::Value(42),
                                        json::Value(true),
                                        json::Array{"a", "5", "1.0.0"},
                                        json::Object{{"a", json::Array{1, 2}}},
                                        json::Value(R"({"a": {"b": [1, "x"]}})"),
                                        json::Value("")};
  for (const Test& test : file->spec.tests) {
    const auto* facts = std::get_if<FactsTest>(&test.body);
    if (facts == nullptr) continue;
    for (const auto& [name, matcher] : facts->attributes) {
      for (const json::Value& value : values) {
        const auto once = matcher->mismatch(value, Substrings());
        const auto again = matcher->mismatch(value, Substrings());
        if (once.has_value() != again.has_value() || (once && *once != *again)) std::abort();
      }
    }
  }
  return 0;
}

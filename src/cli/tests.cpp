#include "cli/tests.h"

#include <algorithm>

#include "base/digest.h"
#include "base/file.h"
#include "rules/regex.h"
#include "sandbox/embedded.h"
#include "sandbox/interrupt.h"
#include "sandbox/run_tests.h"
#include "sandbox/test_spec.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_spec_bytes = 8u << 20;

// Patterns of test files are RE2, as container-structure-test's are.
class RegexMatcher final : public sandbox::TextMatcher {
 public:
  [[nodiscard]] Result<bool> found(std::string_view pattern, std::string_view text) const override {
    const rules::Regex regex = SLUICE_TRY(rules::Regex::compile(pattern, {}));
    return regex.matches(text);
  }
};

Result<TestReport> run_one(const image::Image& image, const std::string& path, Context& context) {
  const Bytes text = SLUICE_TRY(read_file(path, k_max_spec_bytes));
  const sandbox::TestSpec spec = SLUICE_TRY(sandbox::parse_test_spec(text, path));
  const auto make_engine = []() -> Result<std::unique_ptr<sandbox::Engine>> {
    sandbox::EmbeddedOptions options;
    options.cancel_fd = sandbox::Interrupt::install();
    return SLUICE_TRY(sandbox::EmbeddedEngine::create(options));
  };
  return sandbox::run_tests(image, spec, make_engine, RegexMatcher(), {path, 0, context.environment});
}

void append(TestReport& all, TestReport&& one) {
  all.spec_path += ", " + one.spec_path;
  // Several files have no one digest: the digest of their digests stands for them.
  all.spec_sha256 = sha256(all.spec_sha256 + one.spec_sha256).hex();
  if (all.tier.empty() || all.tier == "none") all.tier = one.tier;
  for (std::string& limit : one.limits_missing) {
    if (std::find(all.limits_missing.begin(), all.limits_missing.end(), limit) == all.limits_missing.end()) {
      all.limits_missing.push_back(std::move(limit));
    }
  }
  for (TestCase& test : one.cases) all.cases.push_back(std::move(test));
}

}  // namespace

Result<TestReport> run_test_files(const image::Image& image, const std::vector<std::string>& specs,
                                  Context& context) {
  TestReport all;
  for (const std::string& path : specs) {
    TestReport one = SLUICE_TRY(run_one(image, path, context));
    if (all.spec_path.empty()) {
      all = std::move(one);
    } else {
      append(all, std::move(one));
    }
  }
  return all;
}

}  // namespace sluice::cli

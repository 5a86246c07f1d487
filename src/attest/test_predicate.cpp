#include "attest/predicates.h"
#include "attest/secret_filter.h"

namespace sluice::attest {
namespace {

[[nodiscard]] json::Object case_json(const TestCase& test) {
  json::Object out{{"name", clean_text(test.name)},
                   {"kind", clean_text(test.kind)},
                   {"status", to_string(test.status)},
                   {"durationMs", static_cast<std::int64_t>(test.duration.count())}};
  if (!test.message.empty()) out.set("message", clean_text(test.message));
  return out;
}

}  // namespace

json::Object test_result_predicate(const TestReport& report, std::string_view tool_version) {
  json::Array passed;
  json::Array warned;
  json::Array failed;
  json::Array cases;
  for (const TestCase& test : report.cases) {
    const std::string name = clean_text(test.name);
    switch (test.status) {
      case TestStatus::passed:
        passed.emplace_back(name);
        break;
      case TestStatus::skipped:
        warned.emplace_back(name);
        break;
      // The standard has no "could not judge". FAILED errs on the safe side, and sluice_cases tells the two
      // apart.
      case TestStatus::failed:
      case TestStatus::error:
        failed.emplace_back(name);
        break;
    }
    cases.emplace_back(case_json(test));
  }
  const char* result = report.cases.empty() || !failed.empty() ? "FAILED"
                       : !warned.empty()                       ? "WARNED"
                                                               : "PASSED";

  json::Array configuration;
  if (!report.spec_sha256.empty()) {
    configuration.emplace_back(json::Object{{"name", clean_text(report.spec_path)},
                                            {"digest", json::Object{{"sha256", report.spec_sha256}}}});
  }
  json::Array missing;
  for (const std::string& limit : report.limits_missing) missing.emplace_back(clean_text(limit));
  return json::Object{{"result", result},
                      {"configuration", std::move(configuration)},
                      {"passedTests", std::move(passed)},
                      {"warnedTests", std::move(warned)},
                      {"failedTests", std::move(failed)},
                      {"sluice_version", tool_version},
                      {"sluice_tier", report.tier},
                      {"sluice_limitsMissing", std::move(missing)},
                      {"sluice_cases", std::move(cases)}};
}

}  // namespace sluice::attest

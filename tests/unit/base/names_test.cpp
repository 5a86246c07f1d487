#include <ostream>

#include <doctest/doctest.h>

#include "sluice/ci_identity.h"
#include "sluice/coverage.h"
#include "sluice/finding.h"
#include "sluice/test_result.h"
#include "sluice/verdict.h"

using namespace sluice;

TEST_CASE("the printed names are those of the formats") {
  CHECK(to_string(Severity::info) == "info");
  CHECK(to_string(Severity::high) == "high");
  CHECK(to_string(Confidence::medium) == "medium");
  CHECK(to_string(FindingStatus::fresh) == "new");
  CHECK(to_string(FindingStatus::suppressed) == "suppressed");
  CHECK(to_string(CoverageStatus::analysed) == "analysed");
  CHECK(to_string(TestStatus::error) == "error");
  CHECK(to_string(Outcome::indeterminate) == "indeterminate");
  CHECK(to_string(ControlStatus::warn) == "warn");
  CHECK(to_string(CiKind::gitlab) == "gitlab");
  CHECK(to_string(Origin::platform_api) == "platform-api");
}

TEST_CASE("severities and confidences are read by their exact names") {
  for (const Severity value : {Severity::info, Severity::low, Severity::medium, Severity::high}) {
    CHECK(parse_severity(to_string(value)) == value);
  }
  CHECK(parse_confidence("low") == Confidence::low);
  for (const char* bad : {"", "High", "critical", "high ", "?"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_severity(bad).has_value());
    CHECK_FALSE(parse_confidence(bad).has_value());
  }
}

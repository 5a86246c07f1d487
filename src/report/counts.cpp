#include "report/counts.h"

namespace sluice::report {

bool is_active(const Finding& finding) {
  return finding.status == FindingStatus::fresh;
}

bool is_excused(const Finding& finding) {
  return finding.status == FindingStatus::suppressed || finding.status == FindingStatus::waived;
}

Counts count(const Report& report) {
  Counts counts;
  for (const Finding& finding : report.findings) {
    if (is_active(finding)) {
      ++counts.active.at(static_cast<std::size_t>(finding.severity));
    } else if (finding.status == FindingStatus::existing) {
      ++counts.existing;
    } else if (finding.status == FindingStatus::suppressed) {
      ++counts.suppressed;
    } else {
      ++counts.waived;
    }
  }
  for (const Coverage& coverage : report.coverage) {
    if (coverage.status == CoverageStatus::analysed) ++counts.analysed;
    if (coverage.status == CoverageStatus::skipped) ++counts.skipped;
    if (coverage.status == CoverageStatus::failed) ++counts.failed;
  }
  if (report.tests) {
    for (const TestCase& test : report.tests->cases) {
      if (test.status == TestStatus::passed) {
        ++counts.tests_passed;
      } else if (test.status == TestStatus::failed) {
        ++counts.tests_failed;
      } else {
        ++counts.tests_unknown;
      }
    }
  }
  return counts;
}

}  // namespace sluice::report

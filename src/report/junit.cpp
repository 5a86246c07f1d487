// JUnit XML as Jenkins and GitLab read it: a suite for the container tests, one for each verdict's controls,
// and one for files that were not analysed. "Could not judge" is an error, never a skip.
#include "report/escape.h"
#include "report/writer.h"

namespace sluice::report {
namespace {

struct Suite {
  std::string name;
  std::string body;
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;

  enum class Kind { passed, failure, error };
  void add(std::string_view class_name, std::string_view test, Kind kind, std::string_view message,
           std::string_view detail, double seconds) {
    ++tests;
    body += "    <testcase classname=\"" + escape_xml(class_name) + "\" name=\"" + escape_xml(test) +
            "\" time=\"" + std::to_string(seconds) + "\"";
    if (kind == Kind::passed) {
      body += "/>\n";
      return;
    }
    const std::string tag = kind == Kind::failure ? "failure" : "error";
    ++(kind == Kind::failure ? failures : errors);
    body += ">\n      <" + tag + " message=\"" + escape_xml(escape_line(message)) + "\">" +
            escape_xml(detail) + "</" + tag + ">\n    </testcase>\n";
  }
  [[nodiscard]] std::string xml() const {
    return "  <testsuite name=\"" + escape_xml(name) + "\" tests=\"" + std::to_string(tests) +
           "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
           "\" skipped=\"0\">\n" + body + "  </testsuite>\n";
  }
};

Suite tests_suite(const TestReport& tests) {
  Suite suite{"sluice test " + tests.spec_path, {}};
  for (const TestCase& test : tests.cases) {
    const auto kind = test.status == TestStatus::passed   ? Suite::Kind::passed
                      : test.status == TestStatus::failed ? Suite::Kind::failure
                                                          : Suite::Kind::error;
    suite.add("test." + test.kind, test.name, kind, test.message, test.output,
              static_cast<double>(test.duration.count()) / 1000.0);
  }
  return suite;
}

Suite verdict_suite(const Verdict& verdict) {
  Suite suite{"sluice gate " + verdict.stage, {}};
  for (const Reason& reason : verdict.reasons) {
    const bool passed = reason.status == ControlStatus::pass || reason.status == ControlStatus::warn;
    const auto kind = passed                                 ? Suite::Kind::passed
                      : reason.status == ControlStatus::fail ? Suite::Kind::failure
                                                             : Suite::Kind::error;
    suite.add("gate." + verdict.stage, reason.control, kind, reason.message, reason.remedy, 0);
  }
  return suite;
}

}  // namespace

std::string write_junit(const Report& report, const WriterOptions&) {
  std::string suites;
  if (report.tests) suites += tests_suite(*report.tests).xml();
  for (const Verdict& verdict : report.verdicts) suites += verdict_suite(verdict).xml();
  Suite coverage{"sluice coverage", {}};
  for (const Coverage& entry : report.coverage) {
    if (entry.status == CoverageStatus::failed) {
      coverage.add("coverage." + entry.analyser, entry.path, Suite::Kind::error, entry.reason, "", 0);
    }
  }
  if (coverage.tests != 0) suites += coverage.xml();
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + suites + "</testsuites>\n";
}

}  // namespace sluice::report

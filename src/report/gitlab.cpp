// GitLab code quality report: an array of entries. Fingerprints must be unique (later duplicates are hidden),
// and ours are; severities are info, minor, major, critical, blocker.
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
#include "base/json.h"
#include "report/counts.h"
#include "report/escape.h"
#include "report/writer.h"

namespace sluice::report {
namespace {

using json::Array;
using json::Object;
using json::Value;

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::high:
      return "critical";
    case Severity::medium:
      return "major";
    case Severity::low:
      return "minor";
    case Severity::info:
      return "info";
  }
  return "info";
}

Object entry(std::string_view description, std::string_view check, std::string_view fingerprint,
             std::string_view severity, std::string_view path, std::uint32_t line) {
  return {{"description", to_valid_utf8(description)},
          {"check_name", to_valid_utf8(check)},
          {"fingerprint", fingerprint},
          {"severity", severity},
          {"location", Object{{"path", to_valid_utf8(path)}, {"lines", Object{{"begin", line}}}}}};
}

}  // namespace

std::string write_gitlab(const Report& report, const WriterOptions&) {
  Array out;
  for (const Finding& finding : report.findings) {
    if (is_excused(finding)) continue;  // GitLab compares with the target branch itself
    out.push_back(entry(finding.message, finding.rule, finding.fingerprint, severity_name(finding.severity),
                        finding.path, finding.region.line));
  }
  for (const Coverage& coverage : report.coverage) {
    if (coverage.status != CoverageStatus::failed) continue;
    out.push_back(entry("not analysed (" + coverage.analyser + "): " + coverage.reason, "sluice.not-analysed",
                        "coverage:" + coverage.analyser + ":" + to_valid_utf8(coverage.path), "blocker",
                        coverage.path, 1));
  }
  return disarm_json(json::write_pretty(Value(std::move(out))));
}

}  // namespace sluice::report

#include <array>
#include <map>

#include "attest/predicates.h"
#include "attest/secret_filter.h"
#include "base/effects.h"

namespace sluice::attest {
namespace {

[[nodiscard]] json::Object finding_json(const Finding& finding) {
  json::Object out{{"rule", clean_text(finding.rule)},
                   {"severity", to_string(finding.severity)},
                   {"confidence", to_string(finding.confidence)},
                   {"status", to_string(finding.status)},
                   {"path", clean_text(finding.path)},
                   {"line", finding.region.line},
                   {"fingerprint", finding.fingerprint},
                   {"message", clean_text(finding.message)}};
  if (!finding.status_reason.empty()) out.set("statusReason", clean_text(finding.status_reason));
  return out;
}

struct Count {
  std::array<std::int64_t, 4> by_severity{};
  std::int64_t silenced = 0;  // waived or suppressed
  std::int64_t existing = 0;  // in the baseline
};

[[nodiscard]] Count count(const std::vector<Finding>& findings) {
  Count out;
  for (const Finding& finding : findings) {
    switch (finding.status) {
      case FindingStatus::fresh:
        ++out.by_severity.at(static_cast<std::size_t>(finding.severity));
        break;
      case FindingStatus::existing:
        ++out.existing;
        break;
      case FindingStatus::waived:
      case FindingStatus::suppressed:
        ++out.silenced;
        break;
    }
  }
  return out;
}

[[nodiscard]] json::Object findings_summary(const Count& counted) {
  json::Object out;
  for (const Severity severity : {Severity::high, Severity::medium, Severity::low, Severity::info}) {
    out.set(std::string(to_string(severity)), counted.by_severity.at(static_cast<std::size_t>(severity)));
  }
  out.set("existing", counted.existing);
  out.set("silenced", counted.silenced);
  return out;
}

}  // namespace

json::Object scan_predicate(const ScanInput& input) {
  const Report& report = input.report;
  json::Array findings;
  for (const Finding& finding : report.findings) findings.emplace_back(finding_json(finding));

  std::array<std::int64_t, 3> coverage{};
  std::map<std::string, std::int64_t> analysed;  // files by analyser, so that a policy can demand one
  json::Array gaps;
  for (const Coverage& item : report.coverage) {
    ++coverage.at(static_cast<std::size_t>(item.status));
    if (item.status == CoverageStatus::analysed) {
      ++analysed[clean_text(item.analyser)];
      continue;
    }
    gaps.emplace_back(json::Object{{"path", clean_text(item.path)},
                                   {"analyser", clean_text(item.analyser)},
                                   {"status", to_string(item.status)},
                                   {"reason", clean_text(item.reason)}});
  }
  const Count counted = count(report.findings);
  std::int64_t fresh = 0;
  for (const std::int64_t number : counted.by_severity) fresh += number;
  const std::int64_t failed = coverage[static_cast<std::size_t>(CoverageStatus::failed)];

  json::Object out{{"scanner", json::Object{{"id", "sluice"}, {"version", report.tool_version}}},
                   // "incomplete" before "clean": what was not looked at is not clean.
                   {"result", fresh > 0    ? "findings"
                              : failed > 0 ? "incomplete"
                                           : "clean"},
                   {"rules", static_cast<std::int64_t>(report.rules.size())}};
  if (input.started_on.time_since_epoch().count() > 0) out.set("startedOn", format_time(input.started_on));
  if (input.finished_on.time_since_epoch().count() > 0) out.set("finishedOn", format_time(input.finished_on));
  out.set(
      "summary",
      json::Object{{"findings", findings_summary(counted)},
                   {"coverage",
                    json::Object{{"analysed", coverage[static_cast<std::size_t>(CoverageStatus::analysed)]},
                                 {"skipped", coverage[static_cast<std::size_t>(CoverageStatus::skipped)]},
                                 {"failed", failed}}}});
  out.set("findings", std::move(findings));
  out.set("gaps", std::move(gaps));
  json::Object by_analyser;
  for (const auto& [analyser, files] : analysed) by_analyser.set(analyser, files);
  out.set("analysed", std::move(by_analyser));
  return out;
}

}  // namespace sluice::attest

#include "cli/runtime_findings.h"

#include <algorithm>
#include <tuple>

namespace sluice::cli {

void judge_runtime_findings(const RuntimeConfig& config, RuntimeTrace& trace,
                            std::vector<Coverage>& coverage) {
  std::vector<bool> used(config.suppress.size(), false);
  for (Finding& finding : trace.findings) {
    const auto severity = config.severity.find(finding.rule);
    if (severity != config.severity.end()) finding.severity = severity->second;
    for (std::size_t i = 0; i < config.suppress.size(); ++i) {
      const RuntimeSuppression& one = config.suppress[i];
      if (one.rule != finding.rule) continue;
      if (!one.fingerprint.empty() && one.fingerprint != finding.fingerprint) continue;
      used[i] = true;
      finding.status = FindingStatus::suppressed;
      finding.status_reason = one.reason;
    }
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    coverage.push_back({"sluice.yaml", "runtime", CoverageStatus::skipped,
                        "the suppression of " + config.suppress[i].rule + " fits no finding"});
  }
}

void add_findings_to_report(Report& report, const std::vector<Finding>& findings,
                            std::vector<RuleInfo> rules) {
  report.findings.insert(report.findings.end(), findings.begin(), findings.end());
  std::stable_sort(report.findings.begin(), report.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.path, a.region.offset, a.rule) < std::tie(b.path, b.region.offset, b.rule);
  });
  for (RuleInfo& rule : rules) {
    const bool known = std::any_of(report.rules.begin(), report.rules.end(),
                                   [&](const RuleInfo& other) { return other.id == rule.id; });
    if (!known) report.rules.push_back(std::move(rule));
  }
  std::sort(report.rules.begin(), report.rules.end(),
            [](const RuleInfo& a, const RuleInfo& b) { return a.id < b.id; });
}

}  // namespace sluice::cli

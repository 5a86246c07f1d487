// Findings of the run under test (`runtime.*`), as the configuration wants them judged.
#pragma once

#include "cli/config.h"
#include "sluice/report.h"
#include "sluice/runtime_trace.h"

namespace sluice::cli {

// Severities of `runtime.severity`; findings of `runtime.suppress` stay, with the status suppressed and the
// reason. A suppression that fits nothing is told in `coverage` (skipped): what it was for is gone.
void judge_runtime_findings(const RuntimeConfig& config, RuntimeTrace& trace,
                            std::vector<Coverage>& coverage);

// Findings and rules into a report, in its order. The findings of a scan stay what they are.
void add_findings_to_report(Report& report, const std::vector<Finding>& findings,
                            std::vector<RuleInfo> rules);

}  // namespace sluice::cli

// From a command line and a configuration to scan::Options: what scan and gate share.
#pragma once

#include <vector>

#include "cli/config.h"
#include "cli/context.h"
#include "scan/scan.h"

namespace sluice::cli {

[[nodiscard]] std::vector<OptionSpec> scan_options();

// Flags win over the configuration.
[[nodiscard]] Result<scan::Options> make_scan_options(const Arguments& arguments, const Config& config,
                                                      std::vector<std::string> roots);

// That `severity` and `off` of the configuration name rules of packs that exist (those of Dockerfile checks
// are checked with their options). Code: config.unknown-rule.
[[nodiscard]] Status check_rule_settings(const scan::Output& output, const Config& config,
                                         const scan::Options& options);

// The output as the report's parts.
void add_scan(Report& report, scan::Output output);

}  // namespace sluice::cli

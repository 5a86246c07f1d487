// sluice scan: static analysis of sources and Dockerfiles.
#include "base/file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/scan_options.h"

namespace sluice::cli {
namespace {

// The folder whose sluice.yaml counts: the first root's own, or that of the file named.
std::string config_folder(const std::vector<std::string>& roots) {
  const std::string& first = roots.front();
  if (is_directory(first)) return first;
  const std::size_t slash = first.rfind('/');
  return slash == std::string::npos ? "." : first.substr(0, slash);
}

// 1: findings at or over --fail-on. 4: something was not analysed, so the absence of findings proves nothing.
int status_of(const scan::Output& output, const Arguments& arguments) {
  if (arguments.has("exit-zero")) return k_exit_ok;
  const std::string threshold = arguments.value("fail-on", "high");
  const auto severity = parse_severity(threshold);
  if (severity && scan::count_at_least(output, *severity) != 0) return k_exit_denied;
  for (const Coverage& coverage : output.coverage) {
    if (coverage.status == CoverageStatus::failed) return k_exit_indeterminate;
  }
  return k_exit_ok;
}

Result<int> run(const Arguments& arguments, Context& context) {
  SLUICE_CHECK(check_report_options(arguments));
  std::vector<std::string> roots = arguments.values("PATH");
  if (roots.empty()) roots = {"."};
  const Config config = SLUICE_TRY(find_config(arguments.value("config"), config_folder(roots)));
  const scan::Options options = SLUICE_TRY(make_scan_options(arguments, config, std::move(roots)));
  scan::Output output = SLUICE_TRY(scan::run(options));
  SLUICE_CHECK(apply_rule_settings(output, config, arguments));
  const int status = status_of(output, arguments);
  Report report;
  report.tool_version = SLUICE_VERSION;
  add_scan(report, std::move(output));
  SLUICE_CHECK(write_reports(report, arguments, context));
  return status;
}

}  // namespace

Command scan_command() {
  std::vector<OptionSpec> options{{"PATH", "PATH", "files or folders (default: this folder)", false, true}};
  for (OptionSpec& option : scan_options()) options.push_back(std::move(option));
  options.push_back({"--fail-on",
                     "SEVERITY",
                     "exit with 1 if a finding is at or over it (default high)",
                     false,
                     false,
                     {"high", "medium", "low", "info", "none"}});
  options.push_back({"--exit-zero", "", "exit with 0 whatever was found or not analysed; errors still fail"});
  for (OptionSpec& option : report_options()) options.push_back(std::move(option));
  return {"scan", "Static analysis of sources and Dockerfiles", "sluice scan --fail-on medium src Dockerfile",
          std::move(options), run};
}

}  // namespace sluice::cli

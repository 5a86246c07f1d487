// sluice scan: static analysis of sources and Dockerfiles.
#include "base/file.h"
#include "cli/baseline.h"
#include "cli/commands.h"
#include "cli/fix_summary.h"
#include "cli/output.h"
#include "cli/scan_options.h"
#include "scan/fix/fix.h"

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

Status check_fix_options(const Arguments& arguments) {
  if (arguments.has("dry-run") && !arguments.has("fix"))
    return fail(ErrorKind::usage, "cli.usage", "--dry-run needs --fix", "`sluice scan --fix --dry-run PATH`");
  if (arguments.has("dry-run") && arguments.has("format")) {
    return fail(ErrorKind::usage, "cli.usage", "with --dry-run stdout is the diff, so --format has no place",
                "write the report to a file with --output FORMAT=FILE");
  }
  if (arguments.has("fix") && arguments.has("adapter")) {
    return fail(ErrorKind::usage, "cli.usage", "--adapter does not go with --fix",
                "scan again after the fixes");
  }
  return {};
}

Status finish_report(scan::Output output, const Arguments& arguments, const Context& context,
                     bool to_stdout) {
  Report report;
  report.tool_version = SLUICE_VERSION;
  add_scan(report, std::move(output));
  return write_reports(report, arguments, context, to_stdout);
}

// A dry run prints the diff and has the status of the files as they are: nobody has applied it.
Result<int> run_fix(const scan::Options& options, const Config& config, const Arguments& arguments,
                    const Context& context) {
  const bool dry = arguments.has("dry-run");
  SLUICE_CHECK(check_rule_settings({}, config, options));  // before anything is written
  scan::FixRun result = SLUICE_TRY(scan::fix(options, !dry));
  if (options.adapters.shellcheck) {  // by the configuration
    result.output.coverage.push_back(
        {".", "shellcheck", CoverageStatus::skipped, "adapters do not run with --fix"});
  }
  if (dry) SLUICE_CHECK(print(result.diff));
  print_error(fix_summary(result.files, dry));
  const int status = status_of(result.output, arguments);
  SLUICE_CHECK(finish_report(std::move(result.output), arguments, context, !dry));
  return status;
}

Result<int> run(const Arguments& arguments, Context& context) {
  SLUICE_CHECK(check_report_options(arguments));
  SLUICE_CHECK(check_fix_options(arguments));
  std::vector<std::string> roots = arguments.values("PATH");
  if (roots.empty()) roots = {"."};
  const Config config = SLUICE_TRY(find_config(arguments.value("config"), config_folder(roots)));
  scan::Options options = SLUICE_TRY(make_scan_options(arguments, config, std::move(roots)));
  for (const std::string& path : arguments.values("fix-data")) SLUICE_CHECK(options.rules.fix_data.add(path));
  if (arguments.has("baseline"))
    options.rules.baseline = SLUICE_TRY(read_baseline(arguments.value("baseline"), options));
  if (arguments.has("fix")) return run_fix(options, config, arguments, context);
  scan::Output output = SLUICE_TRY(scan::run(options));
  SLUICE_CHECK(check_rule_settings(output, config, options));
  const int status = status_of(output, arguments);
  SLUICE_CHECK(finish_report(std::move(output), arguments, context, true));
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
  options.push_back({"--baseline", "FILE|GIT-REV",
                     "findings of an earlier report (json or sarif), or of a commit, are not new"});
  options.push_back({"--fix", "", "apply what can be fixed safely; the exit status is that of what is left"});
  options.push_back({"--dry-run", "", "with --fix: write nothing, print the changes as a diff"});
  options.push_back({"--fix-data", "FILE|FOLDER",
                     "digests and checksums for fixes: a lock file or an OCI layout; may be repeated", false,
                     true});
  for (OptionSpec& option : report_options()) options.push_back(std::move(option));
  return {"scan", "Static analysis of sources and Dockerfiles", "sluice scan --fail-on medium src Dockerfile",
          std::move(options), run};
}

}  // namespace sluice::cli

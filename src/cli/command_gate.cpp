// sluice gate: the pipeline step. The list below is what it does.
#include "base/file.h"
#include "cli/commands.h"
#include "cli/gate_run.h"
#include "cli/output.h"
#include "cli/runtime_findings.h"
#include "cli/scan_options.h"

namespace sluice::cli {
namespace {

// The first stage that does not allow decides: later ones rest on it.
int status_of(const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts) {
    switch (verdict.outcome) {
      case Outcome::allow:
        continue;
      case Outcome::deny:
        return k_exit_denied;
      case Outcome::indeterminate:
        return k_exit_indeterminate;
      case Outcome::waiting:
        return k_exit_waiting;
    }
  }
  return verdicts.empty() ? k_exit_indeterminate : k_exit_ok;
}

Result<int> run(const Arguments& arguments, Context& context) {
  SLUICE_CHECK(check_report_options(arguments));
  const std::string folder = arguments.value("PATH", ".");
  GateRun gate{arguments, context, SLUICE_TRY(find_config(arguments.value("config"), folder))};
  gate.started = context.clock.now();
  gate.report.tool_version = SLUICE_VERSION;

  SLUICE_CHECK(choose_stages(gate));
  SLUICE_CHECK(open_keys_and_store(gate));
  SLUICE_CHECK(read_identity(gate));
  SLUICE_CHECK(scan_sources(gate));
  SLUICE_CHECK(open_image(gate));
  SLUICE_CHECK(test_image(gate));
  SLUICE_CHECK(pull_from_registry(gate));
  SLUICE_CHECK(store_evidence(gate));
  SLUICE_CHECK(decide(gate));
  SLUICE_CHECK(push_to_registry(gate));
  SLUICE_CHECK(append_log(gate));
  add_findings_to_report(gate.report, gate.test_findings, std::move(gate.test_rules));
  SLUICE_CHECK(write_reports(gate.report, arguments, context));
  const int status = status_of(gate.report.verdicts);
  // Allowed, and nobody else can know: the next step would look for the evidence and not find it.
  return status == k_exit_ok && gate.push_failed ? k_exit_failed : status;
}

}  // namespace

Command gate_command() {
  std::vector<OptionSpec> options{
      {"PATH", "PATH", "folder with the source and its sluice.yaml (default: this folder)"},
      {"--stage", "NAME", "stage to decide; may be repeated, in the policy's order (default: the first)",
       false, true},
      {"--since", "REVISION",
       "the commit that was promoted last: what came in since is recorded (default: source.promoted)"}};
  for (OptionSpec& option : scan_options()) options.push_back(std::move(option));
  for (OptionSpec& option : report_options()) options.push_back(std::move(option));
  return {"gate", "The pipeline step: scan, test, attest, decide",
          "sluice gate --stage staging --output sarif=out.sarif", std::move(options), run};
}

}  // namespace sluice::cli

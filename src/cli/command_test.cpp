// sluice test: run test files against an image, in the sandbox; find and prove the tightest set it runs
// under.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "attest/predicates.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/registries.h"
#include "cli/tests.h"

namespace sluice::cli {
namespace {

// 1: a test failed, or a manifest gives too much. 4: a test could not be judged, or there was none.
int status_of(const TestOutcome& outcome) {
  bool unknown = outcome.tests.cases.empty();
  for (const TestCase& test : outcome.tests.cases) {
    if (test.status == TestStatus::failed) return k_exit_denied;
    unknown = unknown || test.status != TestStatus::passed;
  }
  if (!outcome.findings.empty()) return k_exit_denied;
  if (outcome.trace &&
      std::any_of(outcome.trace->findings.begin(), outcome.trace->findings.end(),
                  [](const Finding& finding) { return finding.severity == Severity::high; })) {
    return k_exit_denied;
  }
  return unknown ? k_exit_indeterminate : k_exit_ok;
}

// The artefacts and the predicate, as files.
Status write_artefacts(const TestOutcome& outcome, const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) {
    return fail_errno("file.mkdir", "cannot make " + folder, errno);
  }
  const HardeningReport& hardening = *outcome.hardening;
  for (const HardeningArtefact& artefact : hardening.artefacts) {
    SLUICE_CHECK(write_file_atomic(folder + "/" + artefact.name, artefact.content));
  }
  const json::Object predicate = attest::hardening_predicate(hardening, outcome.tests, SLUICE_VERSION);
  return write_file_atomic(folder + "/hardening.json", json::write_pretty(predicate));
}

Result<int> run(const Arguments& arguments, Context& context) {
  SLUICE_CHECK(check_report_options(arguments));
  TestRequest request;
  request.specs = arguments.values("spec");
  for (std::string& path : arguments.values("config")) request.specs.push_back(std::move(path));
  request.goss = arguments.values("goss");
  request.engine = arguments.value("engine", "embedded");
  request.harden = arguments.has("harden") || arguments.has("generate") || arguments.has("verify-engine");
  request.verify_engines = arguments.values("verify-engine");
  request.manifests = arguments.values("check-manifest");
  request.observe = arguments.value("observe", arguments.has("trace") ? "selected" : "");
  request.image_name = arguments.value("IMAGE");
  if (request.specs.empty() && request.goss.empty()) {
    return fail(ErrorKind::usage, "cli.no-tests", "there is nothing to test by",
                "give a test file with --spec or --goss");
  }
  image::OpenOptions options;
  if (arguments.has("platform"))
    options.platform = SLUICE_TRY(image::Platform::parse(arguments.value("platform")));
  const ImageSource source =
      SLUICE_TRY(resolve_image_by(request.engine, request.image_name, options, arguments, context));
  request.image_name = source.name;
  const image::Image image = SLUICE_TRY(image::Image::open(source.path, source.options));
  TestOutcome outcome = SLUICE_TRY(run_tests(image, request, context));
  if (arguments.has("generate") && outcome.hardening) {
    SLUICE_CHECK(write_artefacts(outcome, arguments.value("generate")));
  }
  Report report;
  report.tool_version = SLUICE_VERSION;
  report.subject = {SubjectKind::image, request.image_name, {{"sha256", image.manifest_digest().hex()}}};
  report.tests = outcome.tests;
  report.findings = outcome.findings;
  if (outcome.trace) {
    const auto& observed = outcome.trace->findings;
    report.findings.insert(report.findings.end(), observed.begin(), observed.end());
    if (arguments.has("trace")) {
      const json::Object predicate =
          attest::runtime_trace_predicate(*outcome.trace, outcome.tests, SLUICE_VERSION);
      SLUICE_CHECK(write_file_atomic(arguments.value("trace"), json::write_pretty(predicate)));
    }
  }
  report.rules = outcome.rules;
  SLUICE_CHECK(write_reports(report, arguments, context));
  const bool terminal = arguments.value("format", "terminal") == "terminal";
  if (terminal && outcome.hardening) SLUICE_CHECK(print(hardening_text(*outcome.hardening)));
  return status_of(outcome);
}

}  // namespace

Command test_command() {
  std::vector<OptionSpec> options{
      {"IMAGE", "IMAGE",
       "an OCI layout folder, an OCI archive, a docker archive, registry/repository@sha256:…, or an image "
       "of an engine's own: podman:REF, docker:REF, containerd:REF (a plain REF with --engine); nothing is "
       "pulled",
       true},
      {"--spec", "FILE", "test file: sluice-test.yaml or a container-structure-test file; may be repeated",
       false, true},
      {"-c,--config", "FILE", "the same as --spec, by the name that container-structure-test has for it",
       false, true},
      {"--goss", "FILE", "goss file (docs/formats/goss.md); may be repeated", false, true},
      {"--engine",
       "ENGINE",
       "what runs the containers: embedded (default), runc, podman, docker or nerdctl",
       false,
       false,
       {"embedded", "runc", "podman", "docker", "nerdctl"}},
      {"--harden", "", "find the tightest set that the tests pass under, and prove it"},
      {"--observe",
       "MODE",
       "watch what the containers do: none, selected or all (default: selected if the test file has "
       "`observe`)",
       false,
       false,
       {"none", "selected", "all"}},
      {"--trace", "FILE",
       "write the trace there, as an in-toto runtime-trace predicate; implies --observe selected"},
      {"--generate", "DIR", "write that set there: seccomp, docker, compose, Kubernetes; implies --harden"},
      {"--verify-engine",
       "ENGINE",
       "run the tests under that set by this engine too; may be repeated, implies --harden",
       false,
       true,
       {"runc", "podman", "docker", "nerdctl"}},
      {"--check-manifest", "FILE",
       "report what a Kubernetes or compose file gives beyond that set; may be repeated, implies --harden",
       false, true},
      {"--platform", "OS/ARCH", "which image of an index (default: linux on this architecture)"}};
  for (OptionSpec& option : registry_options()) options.push_back(std::move(option));
  for (OptionSpec& option : report_options()) options.push_back(std::move(option));
  return {"test", "Test an image in a sandbox container", "sluice test --spec sluice-test.yaml out/image",
          std::move(options), run};
}

}  // namespace sluice::cli

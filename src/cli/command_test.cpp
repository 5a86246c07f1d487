// sluice test: run test files against an image, in the sandbox.
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/tests.h"

namespace sluice::cli {
namespace {

// 1: a test failed. 4: a test could not be judged, or there was none.
int status_of(const TestReport& report) {
  bool unknown = report.cases.empty();
  for (const TestCase& test : report.cases) {
    if (test.status == TestStatus::failed) return k_exit_denied;
    unknown = unknown || test.status != TestStatus::passed;
  }
  return unknown ? k_exit_indeterminate : k_exit_ok;
}

Result<int> run(const Arguments& arguments, Context& context) {
  SLUICE_CHECK(check_report_options(arguments));
  image::OpenOptions options;
  if (arguments.has("platform"))
    options.platform = SLUICE_TRY(image::Platform::parse(arguments.value("platform")));
  const std::string path = arguments.value("IMAGE");
  const image::Image image = SLUICE_TRY(image::Image::open(path, options));
  Report report;
  report.tool_version = SLUICE_VERSION;
  report.subject = {SubjectKind::image, path, {{"sha256", image.manifest_digest().hex()}}};
  report.tests = SLUICE_TRY(run_test_files(image, arguments.values("spec"), context));
  SLUICE_CHECK(write_reports(report, arguments, context));
  return status_of(*report.tests);
}

}  // namespace

Command test_command() {
  std::vector<OptionSpec> options{
      {"IMAGE", "IMAGE", "an OCI layout folder, an OCI archive or a docker archive", true},
      {"--spec", "FILE", "test file: sluice-test.yaml or a container-structure-test file; may be repeated",
       true, true},
      {"--platform", "OS/ARCH", "which image of an index (default: linux on this architecture)"}};
  for (OptionSpec& option : report_options()) options.push_back(std::move(option));
  return {"test", "Test an image in a sandbox container", "sluice test --spec sluice-test.yaml out/image",
          std::move(options), run};
}

}  // namespace sluice::cli

// Running test files against an image: what `sluice test` and `sluice gate` share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "image/image.h"
#include "sluice/hardening.h"
#include "sluice/report.h"
#include "sluice/runtime_trace.h"
#include "sluice/test_result.h"

namespace sluice::cli {

struct TestRequest {
  std::vector<std::string> specs;           // sluice-test.yaml and container-structure-test files
  std::vector<std::string> goss;            // goss files
  std::string engine = "embedded";          // one of sandbox::engine_names()
  bool harden = false;                      // run the hardening loop even if no file asks for it
  std::vector<std::string> verify_engines;  // run the tests under the set that the loop found by these too
  std::vector<std::string> manifests;       // compared with what the image needed; makes the loop run
  std::string observe;     // "none", "selected", "all"; empty: selected where the test file has `observe`
  std::string image_name;  // as the user wrote it: the image in generated files
};

struct TestOutcome {
  TestReport tests;
  std::optional<HardeningReport> hardening;  // of the first file that asks for it, with its artefacts
  std::vector<Finding> findings;             // of the manifests
  std::optional<RuntimeTrace> trace;         // if anything was observed, with findings of its own
  std::vector<RuleInfo> rules;               // of the findings
};

// The cases of all files in one report. A file that cannot be read or parsed is an error: a test that was
// asked for and did not run must not look like one that passed.
[[nodiscard]] Result<TestOutcome> run_tests(const image::Image& image, const TestRequest& request,
                                            Context& context);

// The matrix, the set and its verification as a table for people.
[[nodiscard]] std::string hardening_text(const HardeningReport& report);

}  // namespace sluice::cli

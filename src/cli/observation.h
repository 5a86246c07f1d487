// What the containers of a test run did: collected, judged, and turned into evidence.
#pragma once

#include <optional>
#include <vector>

#include "image/config.h"
#include "sandbox/observe/findings.h"
#include "sandbox/run_tests.h"
#include "sandbox/test_spec.h"
#include "sluice/runtime_trace.h"
#include "sluice/test_result.h"

namespace sluice::cli {

class Observation {
 public:
  // Of the runs of one test file.
  void begin(const image::ImageConfig& config, const sandbox::TestSpec& spec);
  void add(const sandbox::RunSpec& spec, const sandbox::RunResult& result);
  // Adds one case for each list of `observe.expect`, and one that cannot be judged if a container was not
  // observed or the trace has holes.
  void add_cases(const sandbox::TestSpec& spec, TestReport& report) const;

  [[nodiscard]] bool any() const { return runs_ != 0; }
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] RuntimeTrace evidence(const TestReport& report, std::chrono::sys_seconds started,
                                      std::chrono::sys_seconds finished) const;

 private:
  sandbox::Declared declared_;
  sandbox::Trace trace_;
  std::vector<Finding> findings_;
  std::vector<Finding> own_;  // of the file at hand
  sandbox::Losses own_losses_;
  std::string unobserved_;
  std::size_t runs_ = 0;
};

}  // namespace sluice::cli

// The service run: the image's own entrypoint is started once, waited for until it is ready, asked by the
// http, port and process tests, stopped, and its output judged by the log tests.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/command_tests.h"
#include "sandbox/outcome.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox {

struct ServiceOutcome {
  Outcome ready;
  Outcome stop;
  std::chrono::milliseconds time_to_ready{0};
  std::chrono::milliseconds time_to_stop{0};
  std::vector<std::pair<std::size_t, Outcome>> tests;  // index into the spec's tests
  std::string output;                                  // bounded excerpt
  std::vector<std::string> limits_missing;
};

// Fails only if the run was cancelled. A service that does not get ready fails every test that asks it.
[[nodiscard]] Result<ServiceOutcome> run_service(const CommandContext& context);

}  // namespace sluice::sandbox

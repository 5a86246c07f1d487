// Runs a test file against an image. File, metadata and licence tests are answered from the image's layers
// and configuration, without a container; command tests run in one each, in parallel, all on one unpacked
// image.
//
// A test that could not be judged is never passed: `skipped` if no container can be run here, `error` if
// something else kept it from an answer (a bad pattern, output that was cut, a step that this machine
// refused).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/effects.h"
#include "base/result.h"
#include "image/image.h"
#include "sandbox/engine.h"
#include "sandbox/test_spec.h"
#include "sluice/test_result.h"

namespace sluice::sandbox {

// Searches text for a pattern (RE2 syntax, unanchored). Thread-safe. An error is a bad pattern (its kind is
// config) or a limit reached.
class TextMatcher {
 public:
  virtual ~TextMatcher() = default;
  [[nodiscard]] virtual Result<bool> found(std::string_view pattern, std::string_view text) const = 0;
};

// Told of every container of a test run that has ended, from any thread, one call at a time.
using RunObserver = std::function<void(const RunSpec& spec, const RunResult& result)>;

// Called at most once, from the thread that called run_tests and before it starts others; not called if no
// test needs a container.
using EngineFactory = std::function<Result<std::unique_ptr<Engine>>()>;

struct TestOptions {
  std::string spec_path;    // for the report
  unsigned jobs = 0;        // containers at once; 0 = as many as processors
  Environment environment;  // our own, for test files that copy variables from it
  RunObserver observer = {};
};

// Fails only if the image cannot be read or the run was cancelled (sandbox.cancelled).
[[nodiscard]] Result<TestReport> run_tests(const image::Image& image, const TestSpec& spec,
                                           const EngineFactory& make_engine, const TextMatcher& matcher,
                                           const TestOptions& options);

}  // namespace sluice::sandbox

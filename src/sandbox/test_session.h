// One image, one engine, one unpacked root file system, and a test file that is run on them: once for
// `sluice test`, many times with other settings for the hardening matrix.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "image/file_index.h"
#include "image/image.h"
#include "sandbox/command_tests.h"
#include "sandbox/run_tests.h"

namespace sluice::sandbox {

class TestSession {
 public:
  // Makes the engine (if a test needs a container) before it starts any thread. `image`, `spec` and `matcher`
  // must outlive the session. An engine that cannot be had is no failure: those tests will be skipped.
  [[nodiscard]] static Result<std::unique_ptr<TestSession>> open(const image::Image& image,
                                                                 const TestSpec& spec,
                                                                 const EngineFactory& make_engine,
                                                                 const TextMatcher& matcher,
                                                                 TestOptions options);

  // All tests. Fails only if the image cannot be read or the run was cancelled.
  [[nodiscard]] Result<TestReport> run();

  // The tests that need a container, once more with other settings; the report has only those. `spec` must
  // have the tests of the session's own.
  [[nodiscard]] Result<TestReport> rerun(const TestSpec& spec, const RunObserver& observer);

  [[nodiscard]] bool can_run() const { return prepared_ != nullptr; }
  [[nodiscard]] const std::string& problem() const { return problem_; }  // why not
  [[nodiscard]] const TestSpec& spec() const { return spec_; }
  [[nodiscard]] const image::Image& image() const { return image_; }
  // What a container of the spec's kind is run with; valid while the session lives.
  [[nodiscard]] CommandContext context(const TestSpec& spec, const RunObserver& observer) const;
  // Built when first asked for. Fails if the image cannot be read.
  [[nodiscard]] Result<const image::FileIndex*> index();
  // Null if no container can be had.
  [[nodiscard]] Engine* engine() const { return engine_.get(); }

 private:
  TestSession(const image::Image& image, const TestSpec& spec, const TextMatcher& matcher,
              TestOptions options);
  [[nodiscard]] Status build_index();

  const image::Image& image_;
  const TestSpec& spec_;
  const TextMatcher& matcher_;
  TestOptions options_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<PreparedImage> prepared_;
  std::optional<image::FileIndex> index_;
  std::optional<Error> engine_error_;
  std::string problem_;
};

// True for a test that is answered by a container of its own or by the service.
[[nodiscard]] bool needs_container(const Test& test);
[[nodiscard]] bool has_service(const TestSpec& spec);

}  // namespace sluice::sandbox

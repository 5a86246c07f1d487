#include "sandbox/run_tests.h"

#include "sandbox/test_session.h"

namespace sluice::sandbox {

Result<TestReport> run_tests(const image::Image& image, const TestSpec& spec,
                             const EngineFactory& make_engine, const TextMatcher& matcher,
                             const TestOptions& options) {
  const auto session = SLUICE_TRY(TestSession::open(image, spec, make_engine, matcher, options));
  return session->run();
}

}  // namespace sluice::sandbox

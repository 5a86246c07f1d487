#include "sandbox/harden/trial.h"

#include <algorithm>

namespace sluice::sandbox::harden {

Result<Trial> Trials::run(const RunSettings& settings) {
  TestSpec spec = session_.spec();
  spec.run = settings;
  spec.patience = patience_;
  if (judge_stop_ && has_service(spec) && !spec.stop) spec.stop = Stop{};
  Trial trial;
  const RunObserver observer = [&](const RunSpec&, const RunResult& result) {
    trial.peaks.memory_bytes = std::max(trial.peaks.memory_bytes, result.peaks.memory_bytes);
    trial.peaks.pids = std::max(trial.peaks.pids, result.peaks.pids);
    trial.peaks.cpu = std::max(trial.peaks.cpu, result.peaks.cpu);
    if (!result.trace) return;
    if (trial.traced) {
      merge(trial.trace, *result.trace);
    } else {
      trial.trace = *result.trace;
    }
    trial.traced = true;
  };
  const TestReport report = SLUICE_TRY(session_.rerun(spec, observer));
  ++count_;
  trial.time_to_ready = report.time_to_ready;
  trial.time_to_stop = report.time_to_stop;
  for (const TestCase& test : report.cases) {
    switch (test.status) {
      case TestStatus::passed:
        trial.passed.push_back(test.name);
        break;
      case TestStatus::failed:
        trial.failed.push_back(test.name);
        trial.messages.push_back(test.message);
        break;
      case TestStatus::skipped:
      case TestStatus::error:
        trial.unknown.push_back(test.name + ": " + test.message);
        break;
    }
  }
  return trial;
}

}  // namespace sluice::sandbox::harden

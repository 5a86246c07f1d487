// One run of all the tests that need a container, under given settings, and what it showed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/observe/trace.h"
#include "sandbox/test_session.h"

namespace sluice::sandbox::harden {

struct Trial {
  std::vector<std::string> passed;  // names of tests, in the order of the test file
  std::vector<std::string> failed;
  std::vector<std::string> messages;  // of `failed`
  std::vector<std::string> unknown;   // why a test could not be judged; empty = all were
  Trace trace;                        // of all containers together; only if it was asked for
  bool traced = false;
  Peaks peaks;
  std::chrono::milliseconds time_to_ready{0};
  std::chrono::milliseconds time_to_stop{0};
  [[nodiscard]] bool ok() const { return failed.empty() && unknown.empty(); }
};

class Trials {
 public:
  explicit Trials(TestSession& session) : session_(session) {}
  // Fails only if the run was cancelled.
  [[nodiscard]] Result<Trial> run(const RunSettings& settings);
  // From now on a service gets so long. A trial that fails would otherwise cost the whole patience of the
  // test file. `judge_stop`: it is also a failure if it does not end in time, whether or not the file asks.
  void wait_at_most(const Patience& patience, bool judge_stop) {
    patience_ = patience;
    judge_stop_ = judge_stop;
  }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] TestSession& session() { return session_; }

 private:
  TestSession& session_;
  std::uint32_t count_ = 0;
  Patience patience_;
  bool judge_stop_ = false;
};

}  // namespace sluice::sandbox::harden

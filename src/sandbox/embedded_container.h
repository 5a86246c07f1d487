// A container of the embedded driver, seen from `sluice`: reads its output and its events until it has ended.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/subprocess.h"
#include "sandbox/engine.h"
#include "sandbox/launcher.h"

namespace sluice::sandbox {

class EmbeddedContainer final : public Container {
 public:
  // `missing` is what is known to be missing before the start; `turn`, if held, lets the next container of a
  // tier that can run only one start when this one is gone.
  EmbeddedContainer(LaunchedContainer launched, const RunSpec& spec, Tier tier,
                    std::vector<std::string> missing, int cancel_fd, std::unique_lock<std::mutex> turn);
  ~EmbeddedContainer() override;

  [[nodiscard]] Status signal(int number) override;
  [[nodiscard]] Result<RunResult> wait() override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  [[nodiscard]] Status step();
  [[nodiscard]] int poll_timeout(Time now) const;
  [[nodiscard]] Status enforce_deadline(Time now);
  [[nodiscard]] Status take_event();
  bool drain(Fd& pipe, CaptureBuffer& buffer);

  std::unique_lock<std::mutex> turn_;  // released last
  LaunchedContainer launched_;
  RunSpec spec_;
  int cancel_fd_;
  RunResult result_;
  CaptureBuffer out_;
  CaptureBuffer err_;
  Time started_;  // of the program; of the setup until it has begun
  bool set_up_ = false;
  bool exited_ = false;
  std::vector<char> buffer_;
};

}  // namespace sluice::sandbox

// A container of the embedded driver, seen from `sluice`: reads its output and its events until it has ended.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/subprocess.h"
#include "sandbox/dns_server.h"
#include "sandbox/engine.h"
#include "sandbox/launcher.h"
#include "sandbox/observe/layer_changes.h"
#include "sandbox/observe/supervisor.h"

namespace sluice::sandbox {

// How a container is watched.
struct Watch {
  CallPolicy policy;
  std::shared_ptr<DigestCache> image;
  bool filters = true;  // this kernel takes filters at all
};

class EmbeddedContainer final : public Container {
 public:
  // Makes the launch request of an exec: users are looked up in this container's image.
  using Resolver = std::function<Result<LaunchRequest>(const RunSpec&)>;

  // `missing` is what is known to be missing before the start; `turn`, if held, lets the next container of a
  // tier that can run only one start when this one is gone.
  EmbeddedContainer(LaunchedContainer launched, const RunSpec& spec, Tier tier,
                    std::vector<std::string> missing, int cancel_fd, std::unique_lock<std::mutex> turn,
                    Resolver resolve, Watch watch);
  ~EmbeddedContainer() override;

  [[nodiscard]] Result<RunResult> wait() override;
  [[nodiscard]] Status signal(int number) override;
  [[nodiscard]] Captured output(Stream stream) const override;
  [[nodiscard]] bool ended() const override { return exited_; }
  [[nodiscard]] Result<Fd> connect(const std::string& address, std::uint16_t port,
                                   std::chrono::milliseconds timeout) override;
  [[nodiscard]] Result<std::unique_ptr<Container>> exec(const RunSpec& spec) override;
  [[nodiscard]] Result<Inspection> inspect() override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  [[nodiscard]] Status step();
  [[nodiscard]] int poll_timeout(Time now) const;
  [[nodiscard]] Status enforce_deadline(Time now);
  [[nodiscard]] Status take_event();
  bool drain(Fd& pipe, CaptureBuffer& buffer);
  void take_listener(std::vector<Fd> fds);
  void take_traceable(std::vector<Fd> fds);
  void take_layer(std::vector<Fd> fds);
  [[nodiscard]] Status take_resolver(std::vector<Fd> fds);
  void finish_resolver();
  [[nodiscard]] Trace finish_trace();
  [[nodiscard]] Status await_set_up() const;
  [[nodiscard]] Result<Fd> ask(const Command& command, std::chrono::milliseconds timeout) const;

  std::unique_lock<std::mutex> turn_;  // released last
  LaunchedContainer launched_;
  RunSpec spec_;
  int cancel_fd_;
  RunResult result_;
  mutable std::mutex output_mutex_;  // of the two buffers
  CaptureBuffer out_;
  CaptureBuffer err_;
  Resolver resolve_;
  Time started_;  // of the program; of the setup until it has begun
  std::atomic<bool> set_up_ = false;
  std::atomic<bool> exited_ = false;
  std::vector<char> buffer_;
  Watch watch_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<DnsServer> resolver_;  // of a private network
  DnsLog asked_;
  std::string unobserved_;  // why there is none
  std::optional<LayerReport> layer_;
  std::atomic<bool> stop_sent_ = false;
  std::atomic<bool> kill_sent_ = false;
  std::chrono::milliseconds stopped_after_{0};
  std::atomic<std::int64_t> stop_time_ = 0;  // of the steady clock, in its ticks
};

}  // namespace sluice::sandbox

// A container (or a program in one) of an engine that is driven by its program, seen from `sluice`.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sandbox/engine.h"
#include "sandbox/engines/listener.h"
#include "sandbox/engines/tool_process.h"
#include "sandbox/engines/tool_runner.h"
#include "sandbox/engines/tool_spec.h"

namespace sluice::sandbox {

struct ToolLaunch {
  ToolSpec spec;
  ToolProcess process;
  std::string folder;  // of this container, removed with it
  Tier tier = Tier::none;
  std::vector<std::string> missing;
  int cancel_fd = -1;
  bool in_container = false;                  // an exec: its end removes nothing but its own folder
  std::vector<std::string> cgroups;           // where runc may make its groups, for their peaks
  std::shared_ptr<SeccompListener> listener;  // null: nothing is watched
  std::string unobserved;                     // why not, if it was asked for
  std::function<Status()> at_end;             // before the container is removed
  std::function<void()> removed;              // after
  // Looks up the user of an exec in the image.
  std::function<Result<ToolSpec>(const RunSpec&)> resolve;
};

class ToolContainer final : public Container {
 public:
  ToolContainer(const ToolRunner& runner, ToolLaunch launch);
  ~ToolContainer() override;

  [[nodiscard]] Result<RunResult> wait() override;
  [[nodiscard]] Status signal(int number) override;
  [[nodiscard]] Captured output(Stream stream) const override;
  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] Result<Fd> connect(const std::string& address, std::uint16_t port,
                                   std::chrono::milliseconds timeout) override;
  [[nodiscard]] Result<std::unique_ptr<Container>> exec(const RunSpec& spec) override;
  [[nodiscard]] Result<Inspection> inspect() override;

 private:
  using Time = std::chrono::steady_clock::time_point;

  [[nodiscard]] Status step();
  [[nodiscard]] Status enforce_deadline(Time now);
  [[nodiscard]] int poll_timeout(Time now) const;
  void look_for_start(Time now);
  bool drain(Fd& pipe, CaptureBuffer& buffer);
  void drain_rest();
  [[nodiscard]] std::optional<pid_t> find_program() const;
  [[nodiscard]] Result<pid_t> await_program();
  [[nodiscard]] Status judge_end(int wait_status);
  [[nodiscard]] Status judge_code(int code);
  void measure();
  [[nodiscard]] std::shared_ptr<const Trace> finish_trace();

  const ToolRunner& runner_;
  ToolLaunch launch_;
  RunResult result_;
  mutable std::mutex output_mutex_;  // of the two buffers
  CaptureBuffer out_;
  CaptureBuffer err_;
  Time spawned_;
  Time started_;
  Time next_look_;
  std::atomic<pid_t> program_ = 0;  // of the container's first process, once it runs the image's program
  std::atomic<bool> ended_ = false;
  std::atomic<Time::rep> stop_sent_ = 0;  // when the stop signal was first sent; 0 = it was not
  std::atomic<bool> kill_sent_ = false;
  std::chrono::milliseconds time_to_stop_{0};
  std::vector<char> buffer_;
  std::shared_ptr<TempDirectory> process_folder_;  // of an exec: what runc reads
};

// What a tool says of a program that it could not start; nothing if the words mean something else.
[[nodiscard]] std::optional<StartFault> fault_of(std::string_view words);

// The signal that ended a container's first process, if the exit code that tools report stands for one: of
// 128+n only those n that can end a process that is PID 1 and has no handler for it (pid_namespaces(7)):
// faults of its own, and KILL if `killed` says that somebody sent one.
[[nodiscard]] int signal_of(int exit_code, bool killed);

}  // namespace sluice::sandbox

// Observation through another runtime: a call filter may name a socket (`listenerPath`, runtime-spec
// config-linux.md#containerprocessstate) to which the runtime sends the filter's listener; our supervisor
// then answers it as it does for the embedded engine.
//
// What differs: `write` cannot be watched (runc refuses it), and what the runtime itself calls between
// loading the filter and starting the program is seen too; it is left out again by the program that made it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "sandbox/observe/call_policy.h"
#include "sandbox/observe/supervisor.h"

namespace sluice::sandbox {

// The one call that a filter with a listener cannot watch.
inline constexpr std::string_view k_unwatched_call = "write";

class SeccompListener {
 public:
  // Listens at `path`, which must not exist. Code: sandbox.listener.
  [[nodiscard]] static Result<std::unique_ptr<SeccompListener>> start(const std::string& path,
                                                                      CallPolicy policy,
                                                                      std::shared_ptr<DigestCache> image);
  ~SeccompListener();
  SeccompListener(const SeccompListener&) = delete;
  SeccompListener& operator=(const SeccompListener&) = delete;

  // What was seen in the container and in what was started in it. May be called once, after its end.
  [[nodiscard]] Trace finish();

 private:
  SeccompListener(Fd socket, Fd stop, CallPolicy policy, std::shared_ptr<DigestCache> image);
  void serve();
  void take(int connection);
  void end();

  Fd socket_;
  Fd stop_;  // an eventfd
  CallPolicy policy_;
  std::shared_ptr<DigestCache> image_;
  std::mutex mutex_;  // of the next two
  std::vector<std::unique_ptr<Supervisor>> supervisors_;
  std::string problem_;
  std::jthread thread_;  // last: it uses the rest
};

// Takes the runtime's own doings out of a trace.
void drop_runtime(Trace& trace);

}  // namespace sluice::sandbox

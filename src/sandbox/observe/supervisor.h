// The supervisor of one container: a thread of its own that answers the calls which the container's filter
// hands over, and collects the trace.
//
// It cannot hang on a dead container: a signal ends its wait for the next call (SIGURG, whose handler this
// installs for the whole process), and the kernel ends the listener when the last process under the filter is
// gone. If this thread dies the whole process
// does, and with it, through the launcher, the container; calls that are still open get ENOSYS.
//
// A call is let through with SECCOMP_USER_NOTIF_FLAG_CONTINUE: the kernel then reads the arguments once more,
// so what was recorded is an observation (trace.h). A refusal is by number and register values alone. What
// was read counts only if the answer was still taken: until then the process was stopped at that very call,
// so its number could not have passed to another.
#pragma once

#include <memory>
#include <thread>

#include "base/file.h"
#include "base/result.h"
#include "sandbox/observe/call_reader.h"

namespace sluice::sandbox {

class Supervisor {
 public:
  virtual ~Supervisor() = default;
  // Ends the thread and hands out what was seen. May be called once.
  [[nodiscard]] virtual Trace finish() = 0;

  // By user notification. `listener` is the descriptor of the loaded filter.
  [[nodiscard]] static Result<std::unique_ptr<Supervisor>> start(Fd listener, CallPolicy policy,
                                                                 std::shared_ptr<DigestCache> image);
  // By ptrace, of the process that `pidfd` stands for; it must not have loaded its filter yet. Ends by itself
  // when no process is left.
  [[nodiscard]] static Result<std::unique_ptr<Supervisor>> trace(int pidfd, CallPolicy policy,
                                                                 std::shared_ptr<DigestCache> image);
};

}  // namespace sluice::sandbox

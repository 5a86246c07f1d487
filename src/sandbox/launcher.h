// The launcher: a helper process, forked early, that makes and reaps the containers of one engine.
//
// It is PID 1 of a pid namespace and root of a private mount namespace, and dies with us (parent-death
// signal, and end of file on its socket): when it goes, the kernel ends every process and every mount below
// it, whatever the program under test did to its own signals. It is single-threaded, so it may fork without
// care for locks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "sandbox/state.h"
#include "sandbox/wire.h"

namespace sluice::sandbox {

// What the caller keeps of one container. Closing `control` kills it.
struct LaunchedContainer {
  Fd control;  // SOCK_SEQPACKET: events come in; a 4-byte signal number goes out
  Fd out;      // read ends, non-blocking
  Fd err;
};

// Another program in a running container. Thread-safe.
[[nodiscard]] Result<LaunchedContainer> launch_in(int container_control, const LaunchRequest& request);

class Launcher {
 public:
  // Tries the tiers from `strongest` down; `reason()` tells why the stronger ones were refused. Must be
  // called while the process has one thread, from a thread that outlives the launcher. Fails with
  // sandbox.unsupported if no tier can be had. `run` must outlive the launcher.
  [[nodiscard]] static Result<std::unique_ptr<Launcher>> start(const RunDirectory& run, Tier strongest);
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  [[nodiscard]] Tier tier() const { return tier_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::uint64_t namespaces() const { return handshake_.namespaces; }
  [[nodiscard]] const std::vector<std::string>& missing() const { return handshake_.missing; }

  // Thread-safe.
  [[nodiscard]] Result<LaunchedContainer> launch(const LaunchRequest& request);
  // Drops the writable layer of a session. Thread-safe.
  void end_session(const std::string& name);

 private:
  Launcher(Tier tier, std::string reason, Handshake handshake, pid_t pid, Fd socket);
  Tier tier_;
  std::string reason_;
  Handshake handshake_;
  pid_t pid_;
  Fd socket_;
};

}  // namespace sluice::sandbox

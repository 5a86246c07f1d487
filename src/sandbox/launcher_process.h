// The inside of the launcher process (launcher.h).
#pragma once

#include <sys/types.h>

#include <string>

#include "sandbox/engine.h"

namespace sluice::sandbox {

struct LauncherProcess {
  Tier tier = Tier::none;
  int socket = -1;
  int journal = -1;
  int lock = -1;  // kept open: the run counts as alive until we are gone
  std::string run_directory;
  uid_t outer_uid = 0;  // as seen before the user namespace
  gid_t outer_gid = 0;
};

// Serves until the socket closes. Never returns.
[[noreturn]] void run_launcher(const LauncherProcess& process);

}  // namespace sluice::sandbox

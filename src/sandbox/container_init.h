// The way of a fresh child process into a container: joins its control groups, builds and enters its root,
// gives up every right, loads the system call filter and becomes the program. Runs in a child of the
// launcher, never in `sluice` itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/wire.h"

namespace sluice::sandbox {

struct ContainerInit {
  const LaunchRequest* request = nullptr;
  Tier tier = Tier::none;
  std::uint64_t namespaces = 0;           // CLONE_NEW* that this process got
  std::vector<std::string> member_files;  // of its control groups
  bool pids_limited = false;              // by a control group; else the rlimit stands in
  int launcher = -1;                      // pidfd of the process that makes containers
  int control = -1;                       // for events
  int running = -1;  // closes by itself when the program takes over; a byte on it means a fault
  int out = -1;
  int err = -1;
};

// Joins the namespaces of a running container in place of making a root, then goes the same way. The caller's
// process stays between the launcher and the program, waits for it and ends as it does.
[[noreturn]] void become_exec(const ContainerInit& init, int container_pidfd);

// Does not return: becomes the program, or reports a fault on `control` and exits.
[[noreturn]] void become_container(const ContainerInit& init);

}  // namespace sluice::sandbox

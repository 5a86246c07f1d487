// What this machine can do for test containers, for `sluice doctor`: facts, each with the reason if it is a
// "no".
#pragma once

#include <string>
#include <vector>

#include "base/effects.h"
#include "sandbox/engine.h"

namespace sluice::sandbox {

struct DoctorFact {
  std::string name;    // "tier", "namespace.user", "overlay", "cgroup.memory", "seccomp", "engine.podman", …
  bool good = false;   // the machine offers it
  std::string detail;  // "root", "v1 /sys/fs/cgroup/memory/…", a version, or why not
};

struct DoctorOptions {
  std::string state_root;   // "" = the usual one
  Environment environment;  // ours: PATH to look for engines in, and where they are
};

// Tries each thing for real, in containers that run nothing; leaves nothing behind. The order is fixed. To be
// called while the process has one thread.
[[nodiscard]] std::vector<DoctorFact> examine(const DoctorOptions& options);

}  // namespace sluice::sandbox

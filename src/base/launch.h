// Private to base: starting a program through Boost.Process v2. Used by subprocess.cpp only.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace sluice {

struct LaunchPlan {
  std::string executable;                // absolute path
  std::vector<std::string> arguments;    // without argv[0]
  std::vector<std::string> environment;  // "NAME=value"; exactly this
  std::string working_directory;         // empty = ours
  int in = -1;                           // descriptors over 2 that become stdin, stdout and stderr
  int out = -1;
  int err = -1;
};

// Starts the program as leader of a session and group of its own, to be killed when the calling thread ends,
// with default signals and no descriptor but the three. The caller must reap the process that is returned.
// Codes: process.start.
[[nodiscard]] Result<pid_t> launch(const LaunchPlan& plan);

}  // namespace sluice

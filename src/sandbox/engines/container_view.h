// Looks into a container of another engine from outside, by the number of one of its processes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "sandbox/engine.h"

namespace sluice::sandbox {

// As Container::connect. sandbox.unsupported: we may not enter its network, or the process is not on this
// machine (an engine in a virtual machine).
[[nodiscard]] Result<Fd> connect_in(pid_t pid, const std::string& address, std::uint16_t port,
                                    std::chrono::milliseconds timeout);
[[nodiscard]] Result<Inspection> inspect_from_outside(pid_t pid);

// True if the process has left the runtime's own set-up and runs the image's program.
[[nodiscard]] bool runs_program(pid_t pid);

}  // namespace sluice::sandbox

// Short helpers of the launcher that enter a running container, do one thing of ours there, and answer on a
// socket. Each runs in a child process of the launcher and does not return.
#pragma once

#include <cstdint>

#include "sandbox/wire.h"

namespace sluice::sandbox {

// Connects inside the container's network namespace and passes the connection.
[[noreturn]] void answer_connect(const Command& command, int container_pidfd, std::uint64_t namespaces,
                                 int reply);

// Reads socket tables and processes from the container's /proc.
[[noreturn]] void answer_inspect(int container_pidfd, std::uint64_t namespaces, int reply);

}  // namespace sluice::sandbox

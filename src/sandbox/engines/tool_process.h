// Starts an engine's program for a container in the foreground, with pipes that we read as we like.
//
// As root it may be started in a mount namespace of its own with an overlay: the container then writes to
// memory of a bounded size over an image that stays as it is, and the mounts vanish with the last process
// that sees them, whatever happens to us.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sluice::sandbox {

struct OverlaySetup {
  std::string lower;        // the unpacked image
  std::string scratch;      // an empty directory, covered by a tmpfs of `bytes`
  std::string merged;       // an empty directory, where the overlay is seen
  std::uint64_t bytes = 0;  // 0 = the kernel's default
};

struct ToolCommand {
  std::string program;  // absolute path
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;  // exactly this
  std::optional<OverlaySetup> overlay;
};

struct ToolProcess {
  pid_t pid = -1;
  Fd handle;  // pidfd: readable when it has ended
  Fd out;     // read ends, non-blocking
  Fd err;
};

// Codes: sandbox.overlay (this machine refuses it), sandbox.tool. Thread-safe. The caller must reap().
[[nodiscard]] Result<ToolProcess> spawn_tool(const ToolCommand& command);

// The wait status; blocks until it has ended, or kills it first.
int reap(ToolProcess& process, bool kill_first);

}  // namespace sluice::sandbox

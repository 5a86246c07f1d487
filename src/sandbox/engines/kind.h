// The engines that can run a container for us, and in what they differ: one table, so that a driver asks it
// and never compares names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::sandbox {

enum class EngineKind : std::uint8_t { embedded, runc, podman, docker, nerdctl };

// How a tool is given its container.
enum class ToolForm : std::uint8_t {
  bundle,   // an OCI bundle: a root file system and config.json
  options,  // command line options, as docker has them
};

struct ToolTraits {
  EngineKind kind = EngineKind::runc;
  std::string_view name;  // of the program too
  ToolForm form = ToolForm::options;
  bool rootfs = false;    // runs a root file system that we unpacked; else the image is loaded into its store
  bool listener = false;  // hands the listener of a call filter to us (listener.h)
  bool pid_file = false;  // writes the number of the container's first process to a file that we name
  bool exact_env = false;     // its own variables can be left out (--unsetenv-all)
  bool own_ulimits = false;   // raises limits of its own beyond ours unless it is told not to
  bool fills_tmp = false;     // a read-only root gets writable /tmp and /run unless it is told not to
  bool fills_passwd = false;  // adds accounts to the image's files unless it is told not to
  bool makes_workdir = true;  // a working directory that the image lacks
  bool remove_time = false;   // `rm --force` waits for the container unless a time of 0 is given
  // Its `run` waits for the whole output only with --rm. So its containers are gone when they have ended:
  // nothing can be asked of them then, and no session can go on with what they wrote.
  bool whole_output_by_rm = false;
  bool signal_names = false;  // `kill` knows signals by name only
  int own_code = 125;  // the least exit code of `run` that may be its own failure and not the program's
};

// Sorted by kind; without the embedded engine, which is no tool.
inline constexpr std::array<ToolTraits, 4> k_tools{{
    {.kind = EngineKind::runc,
     .name = "runc",
     .form = ToolForm::bundle,
     .rootfs = true,
     .listener = true,
     .pid_file = true,
     .exact_env = true},
    {.kind = EngineKind::podman,
     .name = "podman",
     .rootfs = true,
     .listener = true,
     .pid_file = true,
     .exact_env = true,
     .own_ulimits = true,
     .fills_tmp = true,
     .fills_passwd = true,
     .makes_workdir = false,
     .remove_time = true},
    {.kind = EngineKind::docker, .name = "docker"},
    {.kind = EngineKind::nerdctl,
     .name = "nerdctl",
     .whole_output_by_rm = true,
     .signal_names = true,
     .own_code = 1},
}};

[[nodiscard]] std::string_view to_string(EngineKind kind);
[[nodiscard]] std::optional<EngineKind> parse_engine_kind(std::string_view text);
// Null for the embedded engine.
[[nodiscard]] const ToolTraits* tool_traits(EngineKind kind);

}  // namespace sluice::sandbox

// The file system that a container sees: an overlay on the unpacked image (or a copy of it), with /proc, a
// minimal /dev and the tmpfs asked for. Runs inside the container's process, before its rights are dropped.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sandbox/wire.h"

namespace sluice::sandbox {

inline constexpr const char* k_mount_point =
    "mnt";  // in the run directory; each container mounts in its own namespace
inline constexpr const char* k_host_name = "sluice";

// Mounts the tmpfs that holds a writable layer on `directory` and lays out its folders; in a chroot tier only
// the latter.
[[nodiscard]] Status make_layer(const std::string& directory, const std::string& lower, std::uint64_t bytes,
                                Tier tier);

// Builds the root and makes it the process's own ("/"). Our working directory must be the run directory. In
// the chroot tier the root is the directory `<request.name>.root`, which the launcher removes afterwards.
//
// Codes: start.image (the image cannot be run by any engine), start.workdir, sandbox.setup (refused by this
// machine). What could be left out goes to `missing`.
[[nodiscard]] Status enter_root(const LaunchRequest& request, Tier tier, std::vector<std::string>& missing);

}  // namespace sluice::sandbox

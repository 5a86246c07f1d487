// The file behind a program that is about to be started, seen through the process that starts it.
#pragma once

#include <functional>
#include <string>

#include "sandbox/observe/process_view.h"
#include "sandbox/observe/recorder.h"

namespace sluice::sandbox {

// Fills path (links resolved), origin, exists, setuid, setgid; and sha256 if the file is not the image's own,
// for it may be gone later. `inside` turns a path as we see it into the container's.
[[nodiscard]] ExecSeen look_at_program(const ProcessView& view, const std::string& path,
                                       const DigestCache& image,
                                       const std::function<std::string(std::string)>& inside);

// What the kernel starts for a script: the path after "#!". Empty if it is no script.
[[nodiscard]] std::string interpreter_of(const ProcessView& view, const std::string& path);

// True if the file exists and the process may read it, by owner and mode.
[[nodiscard]] bool may_read(const ProcessView& view, const std::string& path);

}  // namespace sluice::sandbox

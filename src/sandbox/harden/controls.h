// Negative controls: what must not work under a hardened set, tried under it.
#pragma once

#include <vector>

#include "base/result.h"
#include "sandbox/command_tests.h"
#include "sluice/hardening.h"

namespace sluice::sandbox::harden {

// Runs the control program (control/control.c), in an image that holds nothing else, on the context's engine
// and with its spec's settings. `socket` says that the set allows internet sockets, so that having one is no
// failure. An error if the control could not be run: then nothing is known.
[[nodiscard]] Result<std::vector<HardeningControl>> run_controls(const CommandContext& context, bool socket);

}  // namespace sluice::sandbox::harden

// Which system calls go into a profile besides those that were observed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sandbox/observe/trace.h"
#include "sluice/hardening.h"

namespace sluice::sandbox::harden {

// From a learning run: observed calls of this architecture that were not refused, the harmless ones that
// timing decides, and what runtimes themselves need after they have loaded a profile (calls.cpp says how
// measured).
[[nodiscard]] std::vector<HardeningCall> learned_calls(const Trace& trace);

// Calls that a trial of the profile lacked, added as `runtime`; false if there was none.
[[nodiscard]] bool add_missing(std::vector<HardeningCall>& calls, const Trace& trace);

[[nodiscard]] std::vector<std::string> names_of(const std::vector<HardeningCall>& calls);

}  // namespace sluice::sandbox::harden

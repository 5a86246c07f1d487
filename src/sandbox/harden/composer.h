// Finds the tightest settings under which the tests pass: the hardening matrix, one row after the other, each
// tried on top of those before it that hold.
#pragma once

#include <vector>

#include "sandbox/harden/trial.h"
#include "sluice/hardening.h"

namespace sluice::sandbox::harden {

// What the restrictions are measured against: what engines give by default.
[[nodiscard]] RunSettings loosened(const RunSettings& settings);

struct Composed {
  RunSettings settings;
  std::vector<HardeningRow> rows;
};

// `baseline` is the trial of `loosened(…)`, watched, with a writable root.
[[nodiscard]] Result<Composed> compose(Trials& trials, const RunSettings& loose, const Trial& baseline,
                                       const std::vector<Hardening>& matrix);

// Folders whose tmpfs would take all that was written: what was left in the writable layer, and what was
// opened for writing and is gone again. Sorted, none inside another. What cannot be covered by one ("/",
// /etc, /usr, …) is left out.
[[nodiscard]] std::vector<std::string> writable_folders(const Trace& trace);

inline constexpr std::string_view k_arbitrary_user = "1000660000:0";  // as OpenShift gives: any uid, group 0

}  // namespace sluice::sandbox::harden

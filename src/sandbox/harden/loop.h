// The hardening loop: run the tests without restrictions and watch; add one restriction after the other and
// keep those under which the tests still pass; learn the system calls of what is left; try the whole set,
// name everything that it lacks in one run, add it and try again; then prove that what must not work does
// not.
//
// The sets of a report are the same for the same image and test file; peaks are measurements.
#pragma once

#include "base/result.h"
#include "sandbox/test_session.h"
#include "sluice/hardening.h"

namespace sluice::sandbox::harden {

// The tests once more, by the session's own engine, under a set that another one found; what it says goes
// into the report as HardeningEngine.
[[nodiscard]] Result<HardeningEngine> verify_on(TestSession& session, const RunSettings& set);

// Every part of the outcome that could not be had is said in `unverified`. Fails only if the image cannot be
// read or the run was cancelled. Artefacts are not made here (artefacts.h).
struct LoopOutcome {
  HardeningReport report;
  RunSettings settings;  // the set, to run the tests under
};
[[nodiscard]] Result<LoopOutcome> run_loop(TestSession& session, const HardenSettings& settings);

}  // namespace sluice::sandbox::harden

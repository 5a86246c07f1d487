// The hardening loop: run the tests without restrictions and watch; add one restriction after the other and
// keep those under which the tests still pass; learn the system calls of what is left; try the whole set, name
// everything that it lacks in one run, add it and try again; then prove that what must not work does not.
//
// The sets of a report are the same for the same image and test file; peaks are measurements.
#pragma once

#include "base/result.h"
#include "sandbox/test_session.h"
#include "sluice/hardening.h"

namespace sluice::sandbox::harden {

// Every part of the outcome that could not be had is said in `unverified`. Fails only if the image cannot be
// read or the run was cancelled. Artefacts are not made here (artefacts.h).
[[nodiscard]] Result<HardeningReport> run_loop(TestSession& session, const HardenSettings& settings);

}  // namespace sluice::sandbox::harden

// Evaluation: facts in, verdict out. Pure: no file, no clock, no network; equal facts give an equal verdict.
//
// Three-valued: a control passes, fails or is unknown. Evidence that is missing, unsigned, signed by a key
// without the role, stale, from the future or about another subject does not count, and a control left
// without evidence is unknown. Deny if any control fails, else indeterminate if any is unknown, else allow.
#pragma once

#include "policy/policy.h"
#include "sluice/facts.h"
#include "sluice/verdict.h"

namespace sluice::policy {

// Evidence dated further ahead of `now` than this does not count.
inline constexpr std::chrono::minutes k_clock_skew{5};

[[nodiscard]] Verdict evaluate(const Policy& policy, const Stage& stage, const Facts& facts);

}  // namespace sluice::policy

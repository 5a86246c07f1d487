// Which pipeline is this, and what does it say about repository, ref, run and actor.
//
// Everything read here are environment variables: claims of the job itself, which any earlier step can set.
// Each field therefore carries origin `env`, and only what git or a verified token says may satisfy a policy
// that asks for more.
#pragma once

#include "base/effects.h"
#include "sluice/ci_identity.h"

namespace sluice::ci {

// Values longer than this are left out: no real one is, and they end up in signed evidence.
inline constexpr std::size_t k_max_value_bytes = 2048;

[[nodiscard]] CiIdentity detect(const Environment& environment);

}  // namespace sluice::ci

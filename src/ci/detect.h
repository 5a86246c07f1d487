// Which pipeline is this, and what does it say about repository, ref, run and actor.
//
// Everything read here are environment variables: claims of the job itself, which any earlier step can set.
// Each field therefore carries origin `env`, and only what git or a verified token says may satisfy a policy
// that asks for more.
//
// Field names are the same for every platform: repository (URL), repository_path, repository_id, ref (full:
// "refs/heads/main"), commit, base_ref, head_ref, base_commit, head_commit, change (number of the pull or
// merge request), event, run_id, run_url, run_attempt, job, actor, workflow, runner, … A field is left out
// rather than guessed: when its variable is unset, over-long, not UTF-8, holds control characters, is no
// commit id or ref name where one is due. URLs lose user info and query.
#pragma once

#include <string_view>

#include "base/effects.h"
#include "sluice/ci_identity.h"

namespace sluice::ci {

// Values longer than this are left out: no real one is, and they end up in signed evidence.
inline constexpr std::size_t k_max_value_bytes = 2048;

[[nodiscard]] CiIdentity detect(const Environment& environment);

// True for a full reference name ("refs/heads/main") that git would accept (git-check-ref-format).
[[nodiscard]] bool is_ref_name(std::string_view name);

}  // namespace sluice::ci

// Who the job is: by its environment, and by the platform's identity token if the configuration names one.
#pragma once

#include "cli/config.h"
#include "cli/context.h"
#include "sluice/ci_identity.h"

namespace sluice::cli {

// The environment's word, bettered by the token's. A token that cannot be had or does not verify is a fact of
// the identity (`failed`, with its code) and no error: a policy that needs it does not pass. The token itself
// is neither printed nor kept.
[[nodiscard]] Result<CiIdentity> read_ci_identity(const Config& config, const Context& context);

}  // namespace sluice::cli

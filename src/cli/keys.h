// From configured keys (`keys` and the file `keyring` of sluice.yaml) to a keyring: what gate and verify
// share.
#pragma once

#include "attest/keyring.h"
#include "cli/config.h"

namespace sluice::cli {

[[nodiscard]] Result<attest::Keyring> load_keyring(const Config& config);

}  // namespace sluice::cli

// From configured key files to a keyring and to the signing key: what gate and verify share.
#pragma once

#include "attest/keyring.h"
#include "attest/keys.h"
#include "cli/config.h"
#include "cli/context.h"

namespace sluice::cli {

[[nodiscard]] Result<attest::Keyring> load_keyring(const Config& config);
[[nodiscard]] Result<attest::PrivateKey> load_signing_key(const Config& config, const Context& context);

}  // namespace sluice::cli

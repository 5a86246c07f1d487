// The SSH forms of keys and signatures that others hand us in OpenSSL's forms. Private to src/attest.
#pragma once

#include "attest/ssh_signature.h"

namespace sluice::attest::internal {

// string(algorithm) string(value): the inner signature, from what Signer::sign returned. Code:
// attest.ssh-algorithm.
[[nodiscard]] Result<Bytes> ssh_wire_signature(const SshPublicKey& key, BytesView signature);

}  // namespace sluice::attest::internal

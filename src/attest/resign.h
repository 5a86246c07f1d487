// Signing anew what an old key has signed: after a rotation, evidence must not expire with the key.
#pragma once

#include "attest/bundle.h"
#include "attest/verify.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

// Verifies `bundle` by the keyring (any role, any subject, any type) and signs exactly the same statement
// bytes. A statement that does not verify is never given a fresh signature. Codes: those of verify_statement
// and sign_statement.
[[nodiscard]] Result<Bytes> resign(BytesView bundle, const Keyring& keyring, std::chrono::sys_seconds now,
                                   const SigningOptions& options);

}  // namespace sluice::attest

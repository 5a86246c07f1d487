// NaCl's secretbox (XSalsa20-Poly1305), opening only: cosign keeps its private keys in one. OpenSSL has
// Poly1305 but no Salsa20, so its core stands here, written after Bernstein's specification; nothing of ours
// is encrypted with it.
#pragma once

#include <string_view>

#include "attest/secret_bytes.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

// `key` 32 bytes, `nonce` 24 bytes, `box` = 16 bytes of authenticator and the ciphertext.
// Code: attest.secretbox (sizes, or the authenticator does not hold: wrong key or changed bytes).
[[nodiscard]] Result<SecretBytes> open_secretbox(BytesView key, BytesView nonce, BytesView box);

}  // namespace sluice::attest

// cosign's encrypted private keys: PEM "ENCRYPTED SIGSTORE PRIVATE KEY" (older: "ENCRYPTED COSIGN PRIVATE
// KEY") around JSON that names scrypt's parameters and holds a PKCS#8 key in a secretbox. Private to
// src/attest.
#pragma once

#include <string_view>

#include "attest/secret_bytes.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest::internal {

[[nodiscard]] bool is_cosign_label(std::string_view pem_label);

// DER of the PKCS#8 key. Codes: attest.key-format, attest.key-encryption, attest.key-cost,
// attest.passphrase-wrong.
[[nodiscard]] Result<SecretBytes> decrypt_cosign_key(BytesView json_text, const SecretBytes& passphrase);

}  // namespace sluice::attest::internal

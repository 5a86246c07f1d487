// PKCS#8 private keys, plain and PBES2-encrypted (RFC 5958, RFC 8018, RFC 7914). Private to src/attest.
#pragma once

#include <memory>

#include "attest/keys.h"

namespace sluice::attest::internal {

[[nodiscard]] Result<std::shared_ptr<evp_pkey_st>> decode_pkcs8(BytesView der);
[[nodiscard]] Result<std::shared_ptr<evp_pkey_st>> decrypt_pkcs8(BytesView der,
                                                                 const SecretBytes& passphrase);
[[nodiscard]] Result<SecretBytes> encode_pkcs8(const evp_pkey_st* key);
[[nodiscard]] Result<SecretBytes> encrypt_pkcs8(const evp_pkey_st* key, const SecretBytes& passphrase,
                                                KeyDerivation derivation);

}  // namespace sluice::attest::internal

// Signing and verifying with an EVP_PKEY, by the algorithm of the key. Private to src/attest.
#pragma once

#include <optional>

#include "attest/internal/openssl.h"
#include "attest/keys.h"

namespace sluice::attest::internal {

// The algorithm that a key allows: its type, its named curve, its RSA scheme and size. Codes as in
// PublicKey::from_pem.
[[nodiscard]] Result<KeyAlgorithm> algorithm_of(const EVP_PKEY* key, KeyAlgorithm rsa_scheme);

// The hash that belongs to the algorithm; null for Ed25519.
[[nodiscard]] const EVP_MD* hash_of(KeyAlgorithm algorithm);

[[nodiscard]] bool verify(EVP_PKEY* key, KeyAlgorithm algorithm, const EVP_MD* hash, BytesView message,
                          BytesView signature);
[[nodiscard]] bool verify_digest(EVP_PKEY* key, KeyAlgorithm algorithm, const EVP_MD* hash, BytesView digest,
                                 BytesView signature);
[[nodiscard]] Result<Bytes> sign(EVP_PKEY* key, KeyAlgorithm algorithm, const EVP_MD* hash,
                                 BytesView message);

}  // namespace sluice::attest::internal

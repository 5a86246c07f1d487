// The everyday shapes of keys, read and written without OpenSSL's decoder and encoder framework: that one
// fetches every codec of the provider first, which costs more than a signature. What is not of these shapes
// takes OpenSSL's way, and both ways give the same. Private to src/attest.
#pragma once

#include "attest/internal/openssl.h"
#include "base/bytes.h"

namespace sluice::attest::internal {

// Public key of a DER SubjectPublicKeyInfo in canonical form: P-256, P-384 and P-521 with an uncompressed
// point, Ed25519. Null for every other key, and for a point that is not on its curve.
[[nodiscard]] PkeyPtr decode_plain_spki(BytesView spki);

// DER SubjectPublicKeyInfo of a key of those kinds; empty for others.
[[nodiscard]] Bytes encode_plain_spki(const EVP_PKEY* key);

// Private key out of a PKCS#8 structure: the kinds above, with their public point in the structure
// (RFC 5915). Null for every other.
[[nodiscard]] PkeyPtr decode_plain_pkcs8(const PKCS8_PRIV_KEY_INFO* info);

// The way that every reader takes: the plain way, else OpenSSL's.
[[nodiscard]] PkeyPtr decode_spki(BytesView spki);
[[nodiscard]] Bytes encode_spki(const EVP_PKEY* key);

}  // namespace sluice::attest::internal

// Checking the links of a certificate path, remembering the ones that hold. Private to src/attest.
//
// A trusted root's certificates are the same for every bundle, and their keys are the slow ones (P-384: about
// a millisecond a signature). Whether a signature over given bytes by a given key holds never changes;
// whether its certificates are in their time is asked anew each time.
#pragma once

#include "attest/internal/openssl.h"

namespace sluice::attest::internal {

inline constexpr std::size_t k_max_remembered_links = 4096;

// For X509_STORE_set_verify: what OpenSSL's own check of a found path does (times and signatures, from the
// root down; an issuer must be allowed to sign certificates), with memory. Thread-safe.
int verify_links(X509_STORE_CTX* context);

}  // namespace sluice::attest::internal

// Whether a signer's certificate leads to an authority of the trusted root, and was logged.
#pragma once

#include <vector>

#include "attest/certificate.h"
#include "attest/trusted_root.h"
#include "base/result.h"

namespace sluice::attest {

// The path from `leaf` to the authority's root at `time`, leaf first. The leaf must be for code signing
// (extended key usage) and for digital signatures, every issuer a CA, every certificate valid at that moment.
// `intermediates` from the bundle only help to find the path. Code: attest.certificate-chain.
[[nodiscard]] Result<std::vector<Certificate>> verify_chain(const Certificate& leaf,
                                                            const std::vector<Certificate>& intermediates,
                                                            const TrustedAuthority& authority, Moment time);

// An SCT embedded in the leaf, by a log of the list, holds (RFC 6962 section 3.2). SCTs of unknown logs are
// passed over; one of a known log that does not hold refuses the certificate. Codes: attest.sct-missing,
// attest.sct-unknown-log, attest.sct-signature, attest.sct-time, attest.sct (malformed).
[[nodiscard]] Status verify_sct(const Certificate& leaf, const Certificate& issuer,
                                const std::vector<TrustedLog>& logs);

}  // namespace sluice::attest

// Signatures of the Notary Project (notation), in their JWS envelope: read only. COSE envelopes are not read.
//
// A notation signature says "this certificate's holder signed this manifest digest" and no more. Trust comes
// from the certificate authorities of the trusted root; the certificates that the envelope brings along only
// help to find the path. Revocation is not asked for: that needs a network.
// Specifications: notaryproject/specifications, signature-specification.md and signature-envelope-jws.md;
// RFC 7515.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "attest/certificate.h"
#include "attest/moment.h"
#include "attest/trusted_root.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::string_view k_notation_payload_type = "application/vnd.cncf.notary.payload.v1+json";
inline constexpr std::size_t k_max_notation_bytes = 4u << 20;

enum class NotationScheme : std::uint8_t { x509, signing_authority };

// An envelope as it says of itself; nothing of it is verified.
struct NotationEnvelope {
  Bytes signing_input;  // exactly what was signed: the two texts as they stand there, and the dot
  Bytes payload;
  Bytes signature;        // as in JWS: for ECDSA the two numbers one after the other
  std::string algorithm;  // "PS256" to "PS512", "ES256" to "ES512"
  NotationScheme scheme = NotationScheme::x509;
  std::chrono::sys_seconds signed_at{};  // the signer's own word, in both schemes
  std::optional<std::chrono::sys_seconds> expiry;
  std::vector<Certificate> certificates;  // leaf first
  Bytes timestamp;                        // DER TimeStampToken; empty if there is none
};

// Strict: base64url without padding, no member that the format does not have, every critical header
// understood. Codes:
//   attest.notation               no such envelope, or a part of it does not decode
//   attest.notation-header        a protected header is missing, malformed or of the wrong scheme
//   attest.notation-critical      `crit` is wrong, or names what is not understood here (plugins)
//   attest.notation-content-type  the payload is of another type
//   attest.notation-algorithm     not one of the six
//   attest.notation-scheme        another signing scheme
[[nodiscard]] Result<NotationEnvelope> parse_notation(BytesView text);

struct NotationOptions {
  Digest image;          // manifest digest that the signature must be about
  std::string identity;  // subject of the leaf, exactly, as Certificate::subject prints it; never empty
  std::chrono::sys_seconds now{};
};

struct VerifiedNotation {
  std::string identity;
  std::vector<Moment> times;  // verified ones
  std::chrono::sys_seconds stated{};
  std::optional<std::chrono::sys_seconds> expiry;
  Bytes payload;  // exactly what was signed
};

// The certificate must be good at every verified time, or now if there is none: the signing time in the
// header is the signer's own word. This holds for the scheme "signing authority" too, whose time others
// believe. Codes, besides those above and those of verify_timestamp:
//   attest.no-expectation         no identity
//   attest.notation-certificate   the leaf is not for code signing alone, or not for digital signatures
//   attest.certificate-chain      it does not lead to an authority of the trusted root
//   attest.notation-algorithm     the algorithm is not the one that belongs to the leaf's key
//   attest.signature, attest.identity, attest.subject-mismatch
//   attest.notation-payload       the payload names no manifest
//   attest.notation-expired       past the expiry that the signer set
//   attest.time-future            signed in the future
[[nodiscard]] Result<VerifiedNotation> verify_notation(BytesView text, const TrustedRoot& root,
                                                       const NotationOptions& options);

}  // namespace sluice::attest

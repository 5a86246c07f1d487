// X.509 certificates of signers: what they say, and whether they lead to an authority of the trusted root.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/keys.h"
#include "attest/trusted_root.h"
#include "base/bytes.h"
#include "base/result.h"

struct x509_st;  // OpenSSL's X509

namespace sluice::attest {

// A certificate. A cheap value; copies share it. Thread-safe to use.
class Certificate {
 public:
  // Code: attest.certificate (not DER of exactly one certificate).
  [[nodiscard]] static Result<Certificate> from_der(BytesView der);

  [[nodiscard]] const Bytes& der() const { return der_; }
  [[nodiscard]] Result<PublicKey> public_key() const;
  [[nodiscard]] bool self_issued() const;  // subject and issuer are the same name
  [[nodiscard]] bool is_ca() const;        // basicConstraints CA

  // Subject alternative names: URIs, e-mail addresses and Fulcio's user names
  // (otherName 1.3.6.1.4.1.57264.1.7).
  [[nodiscard]] std::vector<std::string> identities() const;

  // Value of a Fulcio extension 1.3.6.1.4.1.57264.1.<n>: .1 to .6 raw bytes, later ones DER UTF8String.
  // nullopt if absent; code attest.certificate if present twice or malformed.
  [[nodiscard]] Result<std::optional<std::string>> fulcio_extension(int number) const;

  // For src/attest only.
  [[nodiscard]] x509_st* handle() const { return certificate_.get(); }

 private:
  std::shared_ptr<x509_st> certificate_;
  Bytes der_;
};

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

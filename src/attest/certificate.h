// X.509 certificates: what they say of themselves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/keys.h"
#include "base/bytes.h"
#include "base/result.h"

struct x509_st;  // OpenSSL's X509

namespace sluice::attest {

// A certificate. A cheap value; copies share it. Thread-safe to use.
class Certificate {
 public:
  // Code: attest.certificate (not DER of exactly one certificate).
  [[nodiscard]] static Result<Certificate> from_der(BytesView der);

  // One CERTIFICATE block. Codes: attest.pem, attest.certificate.
  [[nodiscard]] static Result<Certificate> from_pem(std::string_view pem);
  // Blocks one after the other, as in a chain file, at least one. Codes as above.
  [[nodiscard]] static Result<std::vector<Certificate>> list_from_pem(std::string_view pem);

  [[nodiscard]] const Bytes& der() const { return der_; }
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Result<PublicKey> public_key() const;
  [[nodiscard]] bool self_issued() const;  // subject and issuer are the same name
  [[nodiscard]] bool is_ca() const;        // basicConstraints CA

  // The subject's name as RFC 2253 writes it: "CN=Release,O=Acme,C=US", the last part of the name first.
  [[nodiscard]] std::string subject() const;

  // Subject alternative names: URIs, e-mail addresses and Fulcio's user names
  // (otherName 1.3.6.1.4.1.57264.1.7).
  [[nodiscard]] std::vector<std::string> identities() const;

  // Value of a Fulcio extension 1.3.6.1.4.1.57264.1.<n>: .1 to .6 raw bytes, later ones DER UTF8String.
  // nullopt if absent; code attest.certificate if present twice or malformed.
  [[nodiscard]] Result<std::optional<std::string>> fulcio_extension(int number) const;

  // For src/attest only.
  [[nodiscard]] x509_st* handle() const { return certificate_.get(); }
  [[nodiscard]] static Certificate share(x509_st* certificate);  // one more reference to it

 private:
  std::shared_ptr<x509_st> certificate_;
  Bytes der_;
};

}  // namespace sluice::attest

// Keys on a PKCS#11 token (smart card, HSM, SoftHSM), by talking to the token's module directly.
//
// OpenSSL's engine for this was rejected: it is deprecated, enumerates every key of the token, and one key of
// a kind that it does not know hides all others. Here the token is asked for the one key that is wanted.
//
// A module is a shared library that runs in this process: its path must be absolute, so that neither a search
// path nor the current folder chooses what is loaded.
#pragma once

#include <memory>
#include <string>

#include "attest/keys.h"
#include "attest/secret_bytes.h"
#include "base/result.h"

namespace sluice::attest {

struct Pkcs11Options {
  std::string module;                // absolute path
  std::string token;                 // label of the token; empty if there is just one
  std::string object;                // label of the key; may be empty if the id is given
  std::string id;                    // raw bytes of CKA_ID; may be empty if the label is given
  const SecretBytes* pin = nullptr;  // null: no login (a token with a protected path)
};

// "pkcs11:token=T;object=K;id=%01?module-path=/usr/lib/…" (RFC 7512, as far as it says these things). A PIN
// in the URI is refused: command lines and configuration files are read by many. Codes: attest.pkcs11-uri.
[[nodiscard]] Result<Pkcs11Options> parse_pkcs11_uri(std::string_view uri);

class Pkcs11Signer final : public Signer {
 public:
  // Codes: attest.pkcs11-module (no absolute path, cannot be loaded), attest.pkcs11-token, attest.pkcs11-pin,
  // attest.pkcs11-key (no key, or more than one, fits), attest.pkcs11 (any other answer of the module),
  // attest.key-algorithm.
  [[nodiscard]] static Result<std::unique_ptr<Pkcs11Signer>> open(const Pkcs11Options& options);
  ~Pkcs11Signer() override;
  Pkcs11Signer(const Pkcs11Signer&) = delete;
  Pkcs11Signer& operator=(const Pkcs11Signer&) = delete;

  [[nodiscard]] const PublicKey& public_key() const override;
  [[nodiscard]] Result<Bytes> sign(BytesView message) const override;

  struct Session;  // of the implementation

 private:
  Pkcs11Signer(std::unique_ptr<Session> session, PublicKey key);
  std::unique_ptr<Session> session_;
  PublicKey key_;
};

}  // namespace sluice::attest

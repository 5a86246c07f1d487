// Keys: generate, load, store, sign, verify.
//
// The algorithm of a signature comes from the key and never from the message. Formats: public keys are
// SubjectPublicKeyInfo, private keys PKCS#8, plain or PBES2-encrypted (AES-256-CBC with scrypt or
// PBKDF2-HMAC-SHA-256), all in PEM. ECDSA signatures are DER; the hash belongs to the curve (P-256: SHA-256,
// P-384: SHA-384, P-521: SHA-512), RSA uses SHA-256, Ed25519 is the pure variant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "attest/secret_bytes.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY; its headers stay inside src/attest

namespace sluice::attest {

enum class KeyAlgorithm : std::uint8_t { ecdsa_p256, ecdsa_p384, ecdsa_p521, ed25519, rsa_pkcs1, rsa_pss };

[[nodiscard]] std::string_view to_string(KeyAlgorithm algorithm);  // "ecdsa-p256", …, "rsa-pss"
[[nodiscard]] std::optional<KeyAlgorithm> parse_key_algorithm(std::string_view text);

// RSA keys outside of these bounds are refused: too weak, or too slow to verify.
inline constexpr int k_min_rsa_bits = 2048;
inline constexpr int k_max_rsa_bits = 8192;

// A public key. A cheap value; copies share the key. Thread-safe to use.
class PublicKey {
 public:
  // Codes: attest.pem, attest.key-format, attest.key-algorithm, attest.key-size.
  [[nodiscard]] static Result<PublicKey> from_pem(std::string_view pem);
  // DER of SubjectPublicKeyInfo. `rsa_scheme` decides the padding of an RSA key that does not itself name
  // one.
  [[nodiscard]] static Result<PublicKey> from_der(BytesView spki,
                                                  KeyAlgorithm rsa_scheme = KeyAlgorithm::rsa_pkcs1);
  // DER of a PKCS#1 RSAPublicKey: old log keys in trusted roots only.
  [[nodiscard]] static Result<PublicKey> from_pkcs1_der(BytesView der, KeyAlgorithm rsa_scheme);

  [[nodiscard]] KeyAlgorithm algorithm() const { return algorithm_; }
  [[nodiscard]] const std::string& id() const { return id_; }  // hex SHA-256 of the DER SubjectPublicKeyInfo
  [[nodiscard]] const Bytes& der() const { return der_; }      // SubjectPublicKeyInfo
  [[nodiscard]] std::string pem() const;

  // Succeeds if `signature` over `message` holds. Code: attest.signature.
  [[nodiscard]] Status verify(BytesView message, BytesView signature) const;
  // The same where only the SHA-256 of the message is at hand. Ed25519 and curves whose hash is another:
  // attest.needs-message.
  [[nodiscard]] Status verify_sha256(const Digest& digest, BytesView signature) const;

  // Two keys are the same if their SubjectPublicKeyInfo is.
  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.der_ == b.der_; }

  // For src/attest only.
  [[nodiscard]] evp_pkey_st* handle() const { return key_.get(); }
  [[nodiscard]] static Result<PublicKey> adopt(std::shared_ptr<evp_pkey_st> key,
                                               KeyAlgorithm rsa_scheme = KeyAlgorithm::rsa_pkcs1);

 private:
  std::shared_ptr<evp_pkey_st> key_;
  KeyAlgorithm algorithm_ = KeyAlgorithm::ecdsa_p256;
  std::string id_;
  Bytes der_;
};

// How a stored private key is protected by its passphrase.
enum class KeyDerivation : std::uint8_t { scrypt, pbkdf2 };

// Whoever can sign: a private key in this process, an agent, a token, a key service. Signatures are in the
// form that PublicKey::verify takes.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  [[nodiscard]] virtual Result<Bytes> sign(BytesView message) const = 0;

 protected:
  Signer() = default;
  Signer(const Signer&) = default;
  Signer(Signer&&) = default;
  Signer& operator=(const Signer&) = default;
  Signer& operator=(Signer&&) = default;
};

// A private key. Move-only; OpenSSL wipes the key's memory when it goes.
class PrivateKey final : public Signer {
 public:
  [[nodiscard]] static Result<PrivateKey> generate(KeyAlgorithm algorithm = KeyAlgorithm::ecdsa_p256);

  // PKCS#8, or cosign's "ENCRYPTED SIGSTORE PRIVATE KEY".
  // `passphrase` is required for "ENCRYPTED PRIVATE KEY" (attest.passphrase-missing) and refused for "PRIVATE
  // KEY" (attest.passphrase-unused: the caller believes the key is protected, and it is not). A wrong one:
  // attest.passphrase-wrong. Costs over the limits in pkcs8.cpp: attest.key-cost.
  [[nodiscard]] static Result<PrivateKey> from_pem(std::string_view pem,
                                                   const SecretBytes* passphrase = nullptr);

  // PKCS#8 PEM; encrypted if a passphrase is given (an empty one is refused: attest.passphrase-empty).
  [[nodiscard]] Result<SecretBytes> to_pem(const SecretBytes* passphrase,
                                           KeyDerivation derivation = KeyDerivation::scrypt) const;

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }
  [[nodiscard]] Result<Bytes> sign(BytesView message) const override;

  // For src/attest only.
  [[nodiscard]] evp_pkey_st* handle() const { return key_.get(); }
  [[nodiscard]] static Result<PrivateKey> adopt(std::shared_ptr<evp_pkey_st> key);
  PrivateKey(PrivateKey&&) noexcept = default;
  PrivateKey& operator=(PrivateKey&&) noexcept = default;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;
  ~PrivateKey() override = default;

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}
  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;  // an object of its own: copies of it must not keep the private part alive
};

}  // namespace sluice::attest

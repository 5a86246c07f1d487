#include <openssl/rsa.h>

#include "attest/internal/cosign_key.h"
#include "attest/internal/key_codec.h"
#include "attest/internal/pkcs8.h"
#include "attest/internal/signature.h"
#include "attest/keys.h"
#include "attest/pem.h"

namespace sluice::attest {
namespace {

using internal::PkeyPtr;

constexpr int k_generated_rsa_bits = 3072;  // 128-bit strength

[[nodiscard]] PkeyPtr generate_key(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      return PkeyPtr(EVP_EC_gen("P-256"));
    case KeyAlgorithm::ecdsa_p384:
      return PkeyPtr(EVP_EC_gen("P-384"));
    case KeyAlgorithm::ecdsa_p521:
      return PkeyPtr(EVP_EC_gen("P-521"));
    case KeyAlgorithm::ed25519:
      return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyAlgorithm::rsa_pkcs1:
      return PkeyPtr(EVP_RSA_gen(k_generated_rsa_bits));
    case KeyAlgorithm::rsa_pss: {
      const internal::PkeyCtxPtr context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, nullptr));
      EVP_PKEY* key = nullptr;
      if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
          EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), k_generated_rsa_bits) != 1 ||
          EVP_PKEY_keygen(context.get(), &key) != 1) {
        return nullptr;
      }
      return PkeyPtr(key);
    }
  }
  return nullptr;
}

}  // namespace

Result<PrivateKey> PrivateKey::adopt(std::shared_ptr<evp_pkey_st> key) {
  const Bytes spki = internal::encode_spki(key.get());
  PublicKey public_key = SLUICE_TRY(PublicKey::from_der(spki));
  return PrivateKey(std::move(key), std::move(public_key));
}

Result<PrivateKey> PrivateKey::generate(KeyAlgorithm algorithm) {
  internal::prepare_openssl();
  PkeyPtr key = generate_key(algorithm);
  if (!key) return internal::crypto_failure("generating a key");
  return adopt(std::shared_ptr<evp_pkey_st>(std::move(key)));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, const SecretBytes* passphrase) {
  internal::prepare_openssl();
  Pem block = SLUICE_TRY(parse_pem(pem));
  const SecretBytes der(block.der);
  wipe(block.der);

  if (block.label == "PRIVATE KEY") {
    if (passphrase != nullptr) {
      return fail(ErrorKind::usage, "attest.passphrase-unused",
                  "a passphrase was given, but the private key is not encrypted",
                  "encrypt the key, or give no passphrase");
    }
    return internal::decode_pkcs8(der.view()).and_then(adopt);
  }
  const bool by_cosign = internal::is_cosign_label(block.label);
  if (by_cosign || block.label == "ENCRYPTED PRIVATE KEY") {
    if (passphrase == nullptr) {
      return fail(ErrorKind::usage, "attest.passphrase-missing", "the private key is encrypted",
                  "give its passphrase by environment variable name, file or descriptor");
    }
    if (by_cosign) {
      const SecretBytes plain = SLUICE_TRY(internal::decrypt_cosign_key(der.view(), *passphrase));
      return internal::decode_pkcs8(plain.view()).and_then(adopt);
    }
    return internal::decrypt_pkcs8(der.view(), *passphrase).and_then(adopt);
  }
  return fail(ErrorKind::invalid, "attest.key-format",
              "expected a PKCS#8 private key, found a block " + block.label,
              "convert it with: openssl pkcs8 -topk8 -in KEY -out KEY.p8");
}

Result<SecretBytes> PrivateKey::to_pem(const SecretBytes* passphrase, KeyDerivation derivation) const {
  SecretBytes der;
  if (passphrase == nullptr) {
    der = SLUICE_TRY(internal::encode_pkcs8(handle()));
  } else {
    if (passphrase->empty()) {
      return fail(ErrorKind::usage, "attest.passphrase-empty", "an empty passphrase protects nothing");
    }
    der = SLUICE_TRY(internal::encrypt_pkcs8(handle(), *passphrase, derivation));
  }
  std::string text = write_pem(passphrase == nullptr ? "PRIVATE KEY" : "ENCRYPTED PRIVATE KEY", der.view());
  SecretBytes out(text);
  wipe(text);
  return out;
}

Result<Bytes> PrivateKey::sign(BytesView message) const {
  const KeyAlgorithm algorithm = public_key_.algorithm();
  return internal::sign(handle(), algorithm, internal::hash_of(algorithm), message);
}

}  // namespace sluice::attest

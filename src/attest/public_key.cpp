#include <openssl/rsa.h>

#include <array>

#include "attest/internal/key_codec.h"
#include "attest/internal/signature.h"
#include "attest/keys.h"
#include "attest/pem.h"

namespace sluice::attest {
namespace {

using internal::PkeyPtr;

struct AlgorithmName {
  KeyAlgorithm algorithm;
  std::string_view name;
};
constexpr std::array<AlgorithmName, 6> k_names{{{KeyAlgorithm::ecdsa_p256, "ecdsa-p256"},
                                                {KeyAlgorithm::ecdsa_p384, "ecdsa-p384"},
                                                {KeyAlgorithm::ecdsa_p521, "ecdsa-p521"},
                                                {KeyAlgorithm::ed25519, "ed25519"},
                                                {KeyAlgorithm::rsa_pkcs1, "rsa-pkcs1"},
                                                {KeyAlgorithm::rsa_pss, "rsa-pss"}}};

[[nodiscard]] tl::unexpected<Error> bad_key(std::string message) {
  return fail(ErrorKind::invalid, "attest.key-format", std::move(message));
}

[[nodiscard]] tl::unexpected<Error> bad_signature() {
  return fail(ErrorKind::crypto, "attest.signature", "the signature does not hold for this key");
}

}  // namespace

std::string_view to_string(KeyAlgorithm algorithm) {
  for (const AlgorithmName& row : k_names) {
    if (row.algorithm == algorithm) return row.name;
  }
  return "unknown";
}

std::optional<KeyAlgorithm> parse_key_algorithm(std::string_view text) {
  for (const AlgorithmName& row : k_names) {
    if (row.name == text) return row.algorithm;
  }
  return std::nullopt;
}

Result<PublicKey> PublicKey::adopt(std::shared_ptr<evp_pkey_st> key, KeyAlgorithm rsa_scheme) {
  PublicKey out;
  out.algorithm_ = SLUICE_TRY(internal::algorithm_of(key.get(), rsa_scheme));
  out.der_ = internal::encode_spki(key.get());
  if (out.der_.empty()) return internal::crypto_failure("encoding a public key");
  out.id_ = sha256(out.der_).hex();
  out.key_ = std::move(key);
  return out;
}

Result<PublicKey> PublicKey::from_der(BytesView spki, KeyAlgorithm rsa_scheme) {
  internal::prepare_openssl();
  PkeyPtr key = internal::decode_spki(spki);
  if (!key) return bad_key("this is no DER SubjectPublicKeyInfo");
  PublicKey out = SLUICE_TRY(adopt(std::shared_ptr<evp_pkey_st>(std::move(key)), rsa_scheme));
  // Curves given by explicit parameters, and every other second spelling of a key, would get a second key id.
  if (out.der_ != spki) return bad_key("the public key is not in its canonical DER form");
  return out;
}

Result<PublicKey> PublicKey::from_pkcs1_der(BytesView der, KeyAlgorithm rsa_scheme) {
  internal::prepare_openssl();
  const unsigned char* at = internal::bytes_of(der);
  PkeyPtr key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != internal::bytes_of(der) + der.size()) {
    ERR_clear_error();
    return bad_key("this is no DER RSAPublicKey");
  }
  return adopt(std::shared_ptr<evp_pkey_st>(std::move(key)), rsa_scheme);
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  const Pem block = SLUICE_TRY(parse_pem(pem));
  if (block.label != "PUBLIC KEY") {
    return fail(ErrorKind::invalid, "attest.key-format", "expected a PUBLIC KEY block, found " + block.label,
                block.label.ends_with("PRIVATE KEY") ? "give the public key, never the private one" : "");
  }
  return from_der(block.der);
}

std::string PublicKey::pem() const {
  return write_pem("PUBLIC KEY", der_);
}

Status PublicKey::verify(BytesView message, BytesView signature) const {
  if (internal::verify(key_.get(), algorithm_, internal::hash_of(algorithm_), message, signature)) return {};
  // Older signing clients used SHA-256 with every curve. Which of two sound hashes was used is no one's
  // advantage.
  const bool wide = algorithm_ == KeyAlgorithm::ecdsa_p384 || algorithm_ == KeyAlgorithm::ecdsa_p521;
  if (wide && internal::verify(key_.get(), algorithm_, EVP_sha256(), message, signature)) return {};
  return bad_signature();
}

Status PublicKey::verify_sha256(const Digest& digest, BytesView signature) const {
  if (algorithm_ == KeyAlgorithm::ed25519) {
    return fail(ErrorKind::crypto, "attest.needs-message",
                "a signature of this key can only be checked with the whole message, not with its digest",
                "give the file itself");
  }
  const BytesView raw(reinterpret_cast<const char*>(digest.raw().data()), digest.raw().size());
  if (internal::verify_digest(key_.get(), algorithm_, EVP_sha256(), raw, signature)) return {};
  if (internal::hash_of(algorithm_) != EVP_sha256()) {
    return fail(ErrorKind::crypto, "attest.needs-message",
                "the signature does not hold for the SHA-256 digest; this key's own hash is another one",
                "give the file itself");
  }
  return bad_signature();
}

}  // namespace sluice::attest

#include "attest/internal/signature.h"

#include <openssl/rsa.h>

#include <array>

namespace sluice::attest::internal {
namespace {

[[nodiscard]] tl::unexpected<Error> bad_algorithm(std::string message) {
  return fail(ErrorKind::unsupported, "attest.key-algorithm", std::move(message),
              "use ECDSA P-256, P-384, P-521, Ed25519, or RSA of 2048 bits and more");
}

[[nodiscard]] Result<KeyAlgorithm> rsa_algorithm(const EVP_PKEY* key, KeyAlgorithm scheme) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < k_min_rsa_bits || bits > k_max_rsa_bits) {
    return fail(ErrorKind::invalid, "attest.key-size",
                "an RSA key of " + std::to_string(bits) + " bits is outside of " +
                    std::to_string(k_min_rsa_bits) + " to " + std::to_string(k_max_rsa_bits));
  }
  return scheme;
}

[[nodiscard]] Result<KeyAlgorithm> curve_algorithm(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) {
    ERR_clear_error();
    return bad_algorithm("an elliptic-curve key whose curve has no name");
  }
  const std::string_view curve(name.data(), size);
  if (curve == "prime256v1") return KeyAlgorithm::ecdsa_p256;
  if (curve == "secp384r1") return KeyAlgorithm::ecdsa_p384;
  if (curve == "secp521r1") return KeyAlgorithm::ecdsa_p521;
  return bad_algorithm("the curve " + std::string(curve) + " is not supported");
}

// Padding of RSA-PSS; nothing to set for the others.
[[nodiscard]] bool set_padding(EVP_PKEY_CTX* context, KeyAlgorithm algorithm, int salt) {
  if (algorithm == KeyAlgorithm::rsa_pkcs1)
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (algorithm != KeyAlgorithm::rsa_pss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt) == 1;
}

}  // namespace

Result<KeyAlgorithm> algorithm_of(const EVP_PKEY* key, KeyAlgorithm rsa_scheme) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return curve_algorithm(key);
    case EVP_PKEY_ED25519:
      return KeyAlgorithm::ed25519;
    case EVP_PKEY_RSA:
      return rsa_algorithm(key, rsa_scheme);
    case EVP_PKEY_RSA_PSS:
      return rsa_algorithm(key, KeyAlgorithm::rsa_pss);
    default:
      return bad_algorithm("the type of the key is not supported");
  }
}

const EVP_MD* hash_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p384:
      return EVP_sha384();
    case KeyAlgorithm::ecdsa_p521:
      return EVP_sha512();
    case KeyAlgorithm::ed25519:
      return nullptr;
    default:
      return EVP_sha256();
  }
}

bool verify(EVP_PKEY* key, KeyAlgorithm algorithm, const EVP_MD* hash, BytesView message,
            BytesView signature) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  const bool holds = context && EVP_DigestVerifyInit(context.get(), &parameters, hash, nullptr, key) == 1 &&
                     set_padding(parameters, algorithm, RSA_PSS_SALTLEN_AUTO) &&
                     EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                                      message.size()) == 1;
  ERR_clear_error();
  return holds;
}

bool verify_digest(EVP_PKEY* key, KeyAlgorithm algorithm, const EVP_MD* hash, BytesView digest,
                   BytesView signature) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new(key, nullptr));
  const bool holds = context && EVP_PKEY_verify_init(context.get()) == 1 &&
                     set_padding(context.get(), algorithm, RSA_PSS_SALTLEN_AUTO) &&
                     EVP_PKEY_CTX_set_signature_md(context.get(), hash) == 1 &&
                     EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(), bytes_of(digest),
                                     digest.size()) == 1;
  ERR_clear_error();
  return holds;
}

Result<Bytes> sign(EVP_PKEY* key, KeyAlgorithm algorithm, const EVP_MD* hash, BytesView message) {
  const MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), &parameters, hash, nullptr, key) != 1 ||
      !set_padding(parameters, algorithm, RSA_PSS_SALTLEN_DIGEST) ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1) {
    return crypto_failure("signing");
  }
  Bytes signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes_of(message), message.size()) != 1) {
    return crypto_failure("signing");
  }
  signature.resize(size);
  return signature;
}

}  // namespace sluice::attest::internal

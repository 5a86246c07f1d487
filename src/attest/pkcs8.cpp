#include "attest/internal/pkcs8.h"

#include <openssl/asn1t.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>

#include <array>

#include "attest/internal/key_codec.h"
#include "attest/internal/openssl.h"

namespace sluice::attest::internal {
namespace {

// scrypt with 16 MiB: the most that stays below OpenSSL's default memory bound, so that `openssl pkey` reads
// the file.
constexpr std::uint64_t k_scrypt_n = 16384;
constexpr std::uint64_t k_scrypt_r = 8;
constexpr std::uint64_t k_scrypt_p = 1;
constexpr int k_pbkdf2_rounds = 600'000;  // OWASP's figure for HMAC-SHA-256
constexpr int k_salt_bytes = 16;

// What reading a key file may cost: a file that asks for more is refused before any work is done.
constexpr std::uint64_t k_max_scrypt_work = std::uint64_t{1} << 24;  // N * r * p
constexpr std::uint64_t k_max_pbkdf2_rounds = 5'000'000;

using PbePtr = Owned<PBE2PARAM, PBE2PARAM_free>;
using ScryptPtr = Owned<SCRYPT_PARAMS, SCRYPT_PARAMS_free>;
using Pbkdf2Ptr = Owned<PBKDF2PARAM, PBKDF2PARAM_free>;

[[nodiscard]] tl::unexpected<Error> bad_pkcs8(std::string message) {
  return fail(ErrorKind::invalid, "attest.key-format", std::move(message));
}

// The parameters of an algorithm identifier, if they are a SEQUENCE.
[[nodiscard]] BytesView parameters_of(const X509_ALGOR* algorithm, int& nid) {
  const ASN1_OBJECT* object = nullptr;
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(&object, &type, &value, algorithm);
  nid = OBJ_obj2nid(object);
  if (type != V_ASN1_SEQUENCE || value == nullptr) return {};
  const auto* sequence = static_cast<const ASN1_STRING*>(value);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(sequence)),
          static_cast<std::size_t>(ASN1_STRING_length(sequence))};
}

[[nodiscard]] std::uint64_t number_of(const ASN1_INTEGER* integer) {
  std::uint64_t value = 0;
  return integer != nullptr && ASN1_INTEGER_get_uint64(&value, integer) == 1 ? value : 0;
}

[[nodiscard]] tl::unexpected<Error> too_costly(const std::string& what) {
  return fail(ErrorKind::limit, "attest.key-cost", "the key file asks for too much work: " + what);
}

[[nodiscard]] Status check_scrypt(BytesView parameters) {
  const auto scrypt = from_der<ScryptPtr, d2i_SCRYPT_PARAMS>(parameters);
  if (!scrypt) return bad_pkcs8("the scrypt parameters are not right");
  const std::uint64_t n = number_of(scrypt->costParameter);
  const std::uint64_t r = number_of(scrypt->blockSize);
  const std::uint64_t p = number_of(scrypt->parallelizationParameter);
  if (n == 0 || r == 0 || p == 0) return bad_pkcs8("the scrypt parameters are not right");
  if (n > k_max_scrypt_work || r > k_max_scrypt_work / n || p > k_max_scrypt_work / (n * r)) {
    return too_costly("scrypt N=" + std::to_string(n) + " r=" + std::to_string(r) +
                      " p=" + std::to_string(p));
  }
  return {};
}

[[nodiscard]] Status check_pbkdf2(BytesView parameters) {
  const auto pbkdf2 = from_der<Pbkdf2Ptr, d2i_PBKDF2PARAM>(parameters);
  if (!pbkdf2) return bad_pkcs8("the PBKDF2 parameters are not right");
  const std::uint64_t rounds = number_of(pbkdf2->iter);
  if (rounds == 0) return bad_pkcs8("the PBKDF2 parameters are not right");
  if (rounds > k_max_pbkdf2_rounds) return too_costly(std::to_string(rounds) + " PBKDF2 rounds");
  return {};
}

// PBES2 only, with a bounded cost. The older schemes (PBES1, PKCS#12) are broken or weak.
[[nodiscard]] Status check_encryption(const X509_SIG* encrypted) {
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(encrypted, &algorithm, nullptr);
  int nid = 0;
  const BytesView parameters = parameters_of(algorithm, nid);
  if (nid != NID_pbes2) {
    return fail(ErrorKind::unsupported, "attest.key-encryption",
                "the private key is not encrypted with PBES2",
                "encrypt it again with: openssl pkcs8 -topk8 -scrypt");
  }
  const auto pbe = from_der<PbePtr, d2i_PBE2PARAM>(parameters);
  if (!pbe) return bad_pkcs8("the PBES2 parameters are not right");
  const BytesView derivation = parameters_of(pbe->keyfunc, nid);
  if (nid == NID_id_scrypt) return check_scrypt(derivation);
  if (nid == NID_id_pbkdf2) return check_pbkdf2(derivation);
  return fail(ErrorKind::unsupported, "attest.key-encryption",
              "the key derivation function is not supported");
}

[[nodiscard]] Result<std::shared_ptr<evp_pkey_st>> key_of(const PKCS8_PRIV_KEY_INFO* info) {
  PkeyPtr key = decode_plain_pkcs8(info);
  if (!key) key.reset(EVP_PKCS82PKEY(info));
  ERR_clear_error();
  if (!key) return bad_pkcs8("the private key does not parse");
  return std::shared_ptr<evp_pkey_st>(std::move(key));
}

[[nodiscard]] AlgorPtr encryption(KeyDerivation derivation) {
  std::array<unsigned char, k_salt_bytes> salt{};
  if (RAND_bytes(salt.data(), k_salt_bytes) != 1) return nullptr;
  if (derivation == KeyDerivation::scrypt) {
    return AlgorPtr(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt.data(), k_salt_bytes, nullptr, k_scrypt_n,
                                          k_scrypt_r, k_scrypt_p));
  }
  return AlgorPtr(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), k_pbkdf2_rounds, salt.data(), k_salt_bytes, nullptr,
                                    NID_hmacWithSHA256));
}

}  // namespace

Result<std::shared_ptr<evp_pkey_st>> decode_pkcs8(BytesView der) {
  const auto info = from_der<Pkcs8Ptr, d2i_PKCS8_PRIV_KEY_INFO>(der);
  if (!info) return bad_pkcs8("this is no PKCS#8 private key");
  return key_of(info.get());
}

Result<std::shared_ptr<evp_pkey_st>> decrypt_pkcs8(BytesView der, const SecretBytes& passphrase) {
  const auto encrypted = from_der<SigPtr, d2i_X509_SIG>(der);
  if (!encrypted) return bad_pkcs8("this is no encrypted PKCS#8 private key");
  SLUICE_CHECK(check_encryption(encrypted.get()));
  const std::string_view pass = passphrase.view();
  const Pkcs8Ptr info(
      PKCS8_decrypt(encrypted.get(), pass.empty() ? "" : pass.data(), static_cast<int>(pass.size())));
  ERR_clear_error();
  if (!info)
    return fail(ErrorKind::crypto, "attest.passphrase-wrong", "the passphrase does not open the private key");
  return key_of(info.get());
}

Result<SecretBytes> encode_pkcs8(const evp_pkey_st* key) {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key));
  if (!info) return crypto_failure("encoding a private key");
  std::string der = der_of<i2d_PKCS8_PRIV_KEY_INFO>(info.get());
  SecretBytes out(der);
  wipe(der);
  if (out.empty()) return crypto_failure("encoding a private key");
  return out;
}

Result<SecretBytes> encrypt_pkcs8(const evp_pkey_st* key, const SecretBytes& passphrase,
                                  KeyDerivation derivation) {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(key));
  AlgorPtr algorithm = encryption(derivation);
  if (!info || !algorithm) return crypto_failure("encrypting a private key");
  const std::string_view pass = passphrase.view();
  const SigPtr encrypted(
      PKCS8_set0_pbe(pass.data(), static_cast<int>(pass.size()), info.get(), algorithm.get()));
  if (!encrypted) return crypto_failure("encrypting a private key");
  [[maybe_unused]] const X509_ALGOR* owned_by_encrypted = algorithm.release();
  const std::string der = der_of<i2d_X509_SIG>(encrypted.get());
  if (der.empty()) return crypto_failure("encrypting a private key");
  return SecretBytes(der);
}

}  // namespace sluice::attest::internal

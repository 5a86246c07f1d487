#include "attest/internal/ssh_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include <array>

#include "attest/internal/openssl.h"
#include "attest/internal/ssh_cipher.h"
#include "attest/pem.h"
#include "attest/ssh_wire.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

using BignumPtr = Owned<BIGNUM, BN_clear_free>;
using BuilderPtr = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using ParamsPtr = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using EcdsaPtr = Owned<ECDSA_SIG, ECDSA_SIG_free>;
using BnCtxPtr = Owned<BN_CTX, BN_CTX_free>;

constexpr std::string_view k_key_magic("openssh-key-v1\0", 15);
constexpr std::size_t k_ed25519_bytes = 32;

[[nodiscard]] tl::unexpected<Error> bad_key(std::string message) {
  return fail(ErrorKind::invalid, "attest.ssh-key", "the SSH key: " + std::move(message));
}

struct Curve {
  KeyAlgorithm algorithm;
  std::string_view type;
  std::string_view ssh_name;
  const char* openssl_name;
};
constexpr std::array<Curve, 3> k_curves{
    {{KeyAlgorithm::ecdsa_p256, "ecdsa-sha2-nistp256", "nistp256", "prime256v1"},
     {KeyAlgorithm::ecdsa_p384, "ecdsa-sha2-nistp384", "nistp384", "secp384r1"},
     {KeyAlgorithm::ecdsa_p521, "ecdsa-sha2-nistp521", "nistp521", "secp521r1"}}};

// An mpint of SSH: big-endian, with a zero before a set highest bit.
void append_mpint(Bytes& out, const BIGNUM* number) {
  Bytes raw(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(raw.data()));
  if (!raw.empty() && (static_cast<unsigned char>(raw[0]) & 0x80u) != 0) raw.insert(0, 1, '\0');
  append_ssh_string(out, raw);
}

[[nodiscard]] Result<BignumPtr> number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return crypto_failure("reading an RSA key");
  return BignumPtr(raw);
}

[[nodiscard]] Result<Bytes> public_blob(const PublicKey& key) {
  Bytes out;
  for (const Curve& curve : k_curves) {
    if (curve.algorithm != key.algorithm()) continue;
    std::array<unsigned char, 160> point{};
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(key.handle(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                        &size) != 1) {
      return crypto_failure("reading a public key");
    }
    append_ssh_string(out, curve.type);
    append_ssh_string(out, curve.ssh_name);
    append_ssh_string(out, BytesView(reinterpret_cast<const char*>(point.data()), size));
    return out;
  }
  if (key.algorithm() == KeyAlgorithm::ed25519) {
    append_ssh_string(out, "ssh-ed25519");
    append_ssh_string(out, BytesView(key.der()).substr(key.der().size() - k_ed25519_bytes));
    return out;
  }
  if (key.algorithm() == KeyAlgorithm::rsa_pkcs1) {
    const BignumPtr exponent = SLUICE_TRY(number_of(key.handle(), OSSL_PKEY_PARAM_RSA_E));
    const BignumPtr modulus = SLUICE_TRY(number_of(key.handle(), OSSL_PKEY_PARAM_RSA_N));
    append_ssh_string(out, "ssh-rsa");
    append_mpint(out, exponent.get());
    append_mpint(out, modulus.get());
    return out;
  }
  return fail(ErrorKind::unsupported, "attest.ssh-algorithm",
              "keys of the kind " + std::string(to_string(key.algorithm())) + " have no SSH form");
}

[[nodiscard]] BignumPtr read_number(BytesView mpint) {
  return BignumPtr(BN_bin2bn(bytes_of(mpint), static_cast<int>(mpint.size()), nullptr));
}

[[nodiscard]] Result<PrivateKey> adopt_params(const char* type, OSSL_PARAM_BLD* builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    ERR_clear_error();
    return bad_key("its numbers make no key");
  }
  return PrivateKey::adopt(std::shared_ptr<evp_pkey_st>(PkeyPtr(raw)));
}

[[nodiscard]] Result<PrivateKey> read_ed25519(SshReader& reader) {
  const BytesView public_part = SLUICE_TRY(reader.string());
  const BytesView both = SLUICE_TRY(reader.string());
  if (both.size() != 2 * k_ed25519_bytes || both.substr(k_ed25519_bytes) != public_part)
    return bad_key("its two parts do not fit");
  PkeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(both), k_ed25519_bytes));
  if (!key) return crypto_failure("reading an Ed25519 key");
  return PrivateKey::adopt(std::shared_ptr<evp_pkey_st>(std::move(key)));
}

[[nodiscard]] Result<PrivateKey> read_ecdsa(SshReader& reader, const Curve& curve) {
  const BytesView name = SLUICE_TRY(reader.string());
  const BytesView point = SLUICE_TRY(reader.string());
  const BignumPtr secret = read_number(SLUICE_TRY(reader.string()));
  if (name != curve.ssh_name) return bad_key("type and curve differ");
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder || !secret ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.openssl_name, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get()) != 1) {
    return crypto_failure("reading an ECDSA key");
  }
  return adopt_params("EC", builder.get());
}

[[nodiscard]] Result<PrivateKey> read_rsa(SshReader& reader) {
  std::array<BignumPtr, 6> numbers;  // n, e, d, iqmp, p, q
  for (BignumPtr& number : numbers) {
    number = read_number(SLUICE_TRY(reader.string()));
    if (!number) return crypto_failure("reading an RSA key");
  }
  const BnCtxPtr context(BN_CTX_secure_new());
  const BignumPtr one(BN_new());
  const BignumPtr smaller(BN_new());
  const BignumPtr dp(BN_new());
  const BignumPtr dq(BN_new());
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  const auto exponent = [&](BIGNUM* out, const BIGNUM* prime) {
    return BN_sub(smaller.get(), prime, one.get()) == 1 &&
           BN_mod(out, numbers[2].get(), smaller.get(), context.get()) == 1;
  };
  const auto push = [&](const char* name, const BIGNUM* number) {
    return OSSL_PARAM_BLD_push_BN(builder.get(), name, number) == 1;
  };
  if (!context || !one || !smaller || !dp || !dq || !builder || BN_one(one.get()) != 1 ||
      !exponent(dp.get(), numbers[4].get()) || !exponent(dq.get(), numbers[5].get()) ||
      !push(OSSL_PKEY_PARAM_RSA_N, numbers[0].get()) || !push(OSSL_PKEY_PARAM_RSA_E, numbers[1].get()) ||
      !push(OSSL_PKEY_PARAM_RSA_D, numbers[2].get()) ||
      !push(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers[3].get()) ||
      !push(OSSL_PKEY_PARAM_RSA_FACTOR1, numbers[4].get()) ||
      !push(OSSL_PKEY_PARAM_RSA_FACTOR2, numbers[5].get()) ||
      !push(OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()) || !push(OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get())) {
    ERR_clear_error();
    return bad_key("its numbers make no RSA key");
  }
  return adopt_params("RSA", builder.get());
}

[[nodiscard]] Result<PrivateKey> read_private(SshReader& reader, bool decrypted) {
  const std::uint32_t first = SLUICE_TRY(reader.number());
  const std::uint32_t second = SLUICE_TRY(reader.number());
  if (first != second && decrypted)
    return fail(ErrorKind::crypto, "attest.passphrase-wrong", "the passphrase does not open the private key");
  if (first != second) return bad_key("its check numbers differ");
  const BytesView type = SLUICE_TRY(reader.string());
  for (const Curve& curve : k_curves) {
    if (curve.type == type) return read_ecdsa(reader, curve);
  }
  if (type == "ssh-ed25519") return read_ed25519(reader);
  if (type == "ssh-rsa") return read_rsa(reader);
  return fail(ErrorKind::unsupported, "attest.ssh-algorithm",
              "SSH keys of the type " + std::string(type) + " are not supported");
}

// A comment, then 1, 2, 3, … up to the cipher's block.
[[nodiscard]] Status check_padding(SshReader& reader) {
  SLUICE_TRY(reader.string());
  const BytesView padding = SLUICE_TRY(reader.rest());
  for (std::size_t i = 0; i < padding.size(); ++i) {
    if (static_cast<unsigned char>(padding[i]) != ((i + 1) & 0xff))
      return bad_key("its padding is not right");
  }
  return {};
}

}  // namespace

Result<SshPublicKey> ssh_public_key(const PublicKey& key) {
  return parse_ssh_public_key(SLUICE_TRY(public_blob(key)));
}

Result<PrivateKey> parse_ssh_private_key(std::string_view pem, const SecretBytes* passphrase) {
  prepare_openssl();
  Pem block = SLUICE_TRY(parse_pem(pem));
  const SecretBytes der(block.der);
  wipe(block.der);
  if (block.label != "OPENSSH PRIVATE KEY") return bad_key("it is no OPENSSH PRIVATE KEY block");
  SshReader reader(der.view());
  if (SLUICE_TRY(reader.raw(k_key_magic.size())) != k_key_magic) return bad_key("it has another magic");
  SshEncryption encryption;
  encryption.cipher = SLUICE_TRY(reader.string());
  encryption.derivation = SLUICE_TRY(reader.string());
  encryption.options = SLUICE_TRY(reader.string());
  if (SLUICE_TRY(reader.number()) != 1) return bad_key("the file does not hold exactly one key");
  const BytesView public_part = SLUICE_TRY(reader.string());
  const BytesView private_part = SLUICE_TRY(reader.string());
  const BytesView tag = SLUICE_TRY(reader.rest());
  const SecretBytes plain = SLUICE_TRY(decrypt_ssh_key(encryption, private_part, tag, passphrase));
  SshReader inner(plain.view());
  PrivateKey key = SLUICE_TRY(read_private(inner, passphrase != nullptr));
  SLUICE_CHECK(check_padding(inner));
  const SshPublicKey own = SLUICE_TRY(ssh_public_key(key.public_key()));
  if (own.blob != public_part) return bad_key("its public and its private part are of different keys");
  return key;
}

namespace internal {

Result<Bytes> ssh_wire_signature(const SshPublicKey& key, BytesView signature) {
  Bytes out;
  if (key.key.algorithm() == KeyAlgorithm::ed25519 || key.key.algorithm() == KeyAlgorithm::rsa_pkcs1) {
    append_ssh_string(out, key.type == "ssh-rsa" ? "rsa-sha2-256" : key.type);
    append_ssh_string(out, signature);
    return out;
  }
  const unsigned char* at = bytes_of(signature);
  const EcdsaPtr parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(signature.size())));
  if (!parsed) return crypto_failure("reading an ECDSA signature");
  Bytes inner;
  append_mpint(inner, ECDSA_SIG_get0_r(parsed.get()));
  append_mpint(inner, ECDSA_SIG_get0_s(parsed.get()));
  append_ssh_string(out, key.type);
  append_ssh_string(out, inner);
  return out;
}

}  // namespace internal

}  // namespace sluice::attest

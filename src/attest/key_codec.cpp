#include "attest/internal/key_codec.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <array>
#include <optional>

#include "attest/internal/der.h"

namespace sluice::attest::internal {
namespace {

using BignumPtr = Owned<BIGNUM, BN_clear_free>;
using BuilderPtr = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using ParamsPtr = Owned<OSSL_PARAM, OSSL_PARAM_free>;

struct Curve {
  const char* name;
  int nid;
  std::size_t field_bytes;
  BytesView algorithm;  // DER AlgorithmIdentifier: id-ecPublicKey and the curve
};
constexpr std::array<Curve, 3> k_curves{
    {{"prime256v1", NID_X9_62_prime256v1, 32,
      BytesView("\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21)},
     {"secp384r1", NID_secp384r1, 48,
      BytesView("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22", 18)},
     {"secp521r1", NID_secp521r1, 66,
      BytesView("\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23", 18)}}};
constexpr std::size_t k_curve_at = 11;  // where the curve stands in `algorithm`
constexpr BytesView k_ed25519_algorithm("\x30\x05\x06\x03\x2b\x65\x70", 7);
constexpr std::size_t k_ed25519_bytes = 32;
constexpr std::size_t k_max_point = 1 + 2 * 66;
constexpr char k_uncompressed = '\x04';

[[nodiscard]] bool is_point_of(const Curve& curve, BytesView point) {
  return point.size() == 1 + 2 * curve.field_bytes && point.front() == k_uncompressed;
}

// OpenSSL checks that the point is on the curve.
[[nodiscard]] PkeyPtr make_ec_key(const Curve& curve, BytesView point, const BIGNUM* secret) {
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1 ||
      (secret != nullptr && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret) != 1)) {
    return nullptr;
  }
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  const int selection = secret != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  const bool made = params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) == 1;
  ERR_clear_error();
  return PkeyPtr(made ? key : nullptr);
}

// Takes one DER element with this tag off the front; nullopt if there is none, or if it is not in its
// shortest form.
[[nodiscard]] std::optional<BytesView> take(BytesView& rest, char tag) {
  if (rest.size() < 2 || rest[0] != tag) return std::nullopt;
  std::size_t size = static_cast<unsigned char>(rest[1]);
  std::size_t head = 2;
  if (size == 0x81 && rest.size() > 2 && static_cast<unsigned char>(rest[2]) >= 0x80) {
    size = static_cast<unsigned char>(rest[2]);
    head = 3;
  } else if (size >= 0x80) {
    return std::nullopt;
  }
  if (rest.size() - head < size) return std::nullopt;
  const BytesView body = rest.substr(head, size);
  rest.remove_prefix(head + size);
  return body;
}

// ECPrivateKey of RFC 5915: version 1, secret, the curve again (optional), the public point.
[[nodiscard]] PkeyPtr decode_ec_private(const Curve& curve, BytesView der) {
  const auto body = take(der, '\x30');
  if (!body || !der.empty()) return nullptr;
  BytesView rest = *body;
  if (take(rest, '\x02') != BytesView("\x01", 1)) return nullptr;
  const auto secret = take(rest, '\x04');
  if (!secret || secret->size() != curve.field_bytes) return nullptr;
  if (const auto again = take(rest, '\xa0'); again && *again != curve.algorithm.substr(k_curve_at))
    return nullptr;
  auto tagged = take(rest, '\xa1');
  if (!tagged || !rest.empty()) return nullptr;
  const auto bits = take(*tagged, '\x03');
  if (!bits || !tagged->empty() || bits->empty() || bits->front() != '\0') return nullptr;
  const BytesView point = bits->substr(1);
  if (!is_point_of(curve, point)) return nullptr;
  const BignumPtr number(BN_secure_new());
  if (!number || BN_bin2bn(bytes_of(*secret), static_cast<int>(secret->size()), number.get()) == nullptr)
    return nullptr;
  return make_ec_key(curve, point, number.get());
}

[[nodiscard]] PkeyPtr decode_ed25519_private(BytesView der) {
  const auto secret = take(der, '\x04');
  if (!secret || !der.empty() || secret->size() != k_ed25519_bytes) return nullptr;
  return PkeyPtr(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(*secret), secret->size()));
}

}  // namespace

PkeyPtr decode_plain_spki(BytesView der) {
  for (const Curve& curve : k_curves) {
    const std::size_t bits = 1 + 2 * curve.field_bytes;
    if (der.size() < bits) continue;
    const BytesView point = der.substr(der.size() - bits);
    if (is_point_of(curve, point) && spki(curve.algorithm, point) == der)
      return make_ec_key(curve, point, nullptr);
  }
  if (der.size() < k_ed25519_bytes) return nullptr;
  const BytesView raw = der.substr(der.size() - k_ed25519_bytes);
  if (spki(k_ed25519_algorithm, raw) != der) return nullptr;
  return PkeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw), raw.size()));
}

Bytes encode_plain_spki(const EVP_PKEY* key) {
  std::array<unsigned char, k_max_point> bits{};
  std::size_t size = bits.size();
  const BytesView raw(reinterpret_cast<const char*>(bits.data()), bits.size());
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    const bool read = EVP_PKEY_get_raw_public_key(key, bits.data(), &size) == 1;
    return read ? spki(k_ed25519_algorithm, raw.substr(0, size)) : Bytes();
  }
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return {};
  std::array<char, 64> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1) {
    const BytesView found(name.data(), size);
    for (const Curve& curve : k_curves) {
      if (found != curve.name) continue;
      size = 0;
      const bool read =
          EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bits.data(), bits.size(), &size) == 1;
      if (read && is_point_of(curve, raw.substr(0, size))) return spki(curve.algorithm, raw.substr(0, size));
    }
  }
  ERR_clear_error();
  return {};
}

PkeyPtr decode_plain_pkcs8(const PKCS8_PRIV_KEY_INFO* info) {
  const unsigned char* octets = nullptr;
  int size = 0;
  const X509_ALGOR* algorithm = nullptr;
  if (PKCS8_pkey_get0(nullptr, &octets, &size, &algorithm, info) != 1 || size <= 0) return nullptr;
  const BytesView der(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
  const ASN1_OBJECT* object = nullptr;
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(&object, &type, &value, algorithm);
  const int nid = OBJ_obj2nid(object);
  if (nid == NID_ED25519) return decode_ed25519_private(der);
  if (nid != NID_X9_62_id_ecPublicKey || type != V_ASN1_OBJECT) return nullptr;
  for (const Curve& curve : k_curves) {
    if (OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(value)) == curve.nid)
      return decode_ec_private(curve, der);
  }
  return nullptr;
}

PkeyPtr decode_spki(BytesView der) {
  PkeyPtr key = decode_plain_spki(der);
  return key ? std::move(key) : from_der<PkeyPtr, d2i_PUBKEY>(der);
}

Bytes encode_spki(const EVP_PKEY* key) {
  Bytes plain = encode_plain_spki(key);
  return plain.empty() ? der_of<i2d_PUBKEY>(key) : plain;
}

}  // namespace sluice::attest::internal

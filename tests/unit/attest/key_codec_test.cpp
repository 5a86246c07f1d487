#include "attest/internal/key_codec.h"

#include <doctest/doctest.h>

#include <ostream>
#include <string>

#include "attest/internal/pkcs8.h"
#include "attest/keys.h"
#include "attest/pem.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

constexpr KeyAlgorithm k_plain[] = {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384,
                                    KeyAlgorithm::ecdsa_p521, KeyAlgorithm::ed25519};

Bytes openssl_spki(const EVP_PKEY* key) {
  return internal::der_of<i2d_PUBKEY>(key);
}

}  // namespace

TEST_CASE("the short way of key encoding gives OpenSSL's bytes, and reads them back") {
  for (const KeyAlgorithm algorithm : k_plain) {
    CAPTURE(to_string(algorithm));
    const auto key = PrivateKey::generate(algorithm);
    REQUIRE(key);
    const Bytes der = internal::encode_plain_spki(key->handle());
    CHECK_FALSE(der.empty());
    CHECK(der == openssl_spki(key->handle()));
    const auto again = internal::decode_plain_spki(der);
    REQUIRE(again);
    CHECK(openssl_spki(again.get()) == der);
    CHECK(EVP_PKEY_eq(again.get(), key->handle()) == 1);
  }
}

TEST_CASE("a private key read the short way signs as the one that OpenSSL wrote") {
  for (const KeyAlgorithm algorithm : k_plain) {
    CAPTURE(to_string(algorithm));
    const auto key = PrivateKey::generate(algorithm);
    REQUIRE(key);
    const auto pem = key->to_pem(nullptr);
    REQUIRE(pem);
    const auto block = parse_pem(pem->view());
    REQUIRE(block);
    const auto info = internal::from_der<internal::Pkcs8Ptr, d2i_PKCS8_PRIV_KEY_INFO>(block->der);
    REQUIRE(info);
    CHECK(internal::decode_plain_pkcs8(info.get()) != nullptr);  // or all the rest of this shows nothing
    const auto again = PrivateKey::from_pem(pem->view());
    REQUIRE(again);
    CHECK(again->public_key() == key->public_key());
    const auto signature = again->sign("hello");
    REQUIRE(signature);
    CHECK(key->public_key().verify("hello", *signature));
    CHECK(again->to_pem(nullptr).value().view() == pem->view());
  }
}

TEST_CASE("the short way does not take what is not exactly of its shape") {
  const auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  REQUIRE(key);
  const Bytes der = key->public_key().der();
  for (std::size_t size = 0; size < der.size(); ++size)
    CHECK(internal::decode_plain_spki(BytesView(der).substr(0, size)) == nullptr);
  CHECK(internal::decode_plain_spki(der + '\0') == nullptr);
  for (std::size_t at = 0; at < der.size(); ++at) {
    CAPTURE(at);
    Bytes bad = der;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const auto other = internal::decode_plain_spki(bad);  // a flip in the point leaves the curve
    CHECK((!other || openssl_spki(other.get()) == bad));
    if (at < 27) CHECK(other == nullptr);
  }
}

TEST_CASE("kinds of keys that have no short way still take OpenSSL's") {
  const auto key = PrivateKey::generate(KeyAlgorithm::rsa_pss);
  REQUIRE(key);
  CHECK(internal::encode_plain_spki(key->handle()).empty());
  CHECK(internal::encode_spki(key->handle()) == openssl_spki(key->handle()));
  CHECK(internal::decode_spki(key->public_key().der()) != nullptr);
}

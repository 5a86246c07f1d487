#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/keys.h"
#include "attest/pem.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

constexpr KeyAlgorithm k_all[] = {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384,
                                  KeyAlgorithm::ecdsa_p521, KeyAlgorithm::ed25519,
                                  KeyAlgorithm::rsa_pkcs1,  KeyAlgorithm::rsa_pss};

PrivateKey make(KeyAlgorithm algorithm = KeyAlgorithm::ecdsa_p256) {
  auto key = PrivateKey::generate(algorithm);
  REQUIRE(key);
  return std::move(*key);
}

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

// The public key of RFC 8032, section 7.1, test 1.
constexpr std::string_view k_rfc8032 =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace

TEST_CASE("every algorithm signs, verifies, and refuses a changed message or signature") {
  for (const KeyAlgorithm algorithm : k_all) {
    CAPTURE(to_string(algorithm));
    const PrivateKey key = make(algorithm);
    CHECK(key.public_key().algorithm() == algorithm);
    const auto signature = key.sign("hello");
    REQUIRE(signature);
    CHECK(key.public_key().verify("hello", *signature));
    CHECK(code(key.public_key().verify("hellp", *signature)) == "attest.signature");
    CHECK(code(key.public_key().verify("hello", "")) == "attest.signature");
    CHECK(code(key.public_key().verify("hello", *signature + '\0')) == "attest.signature");
    CHECK(code(make(algorithm).public_key().verify("hello", *signature)) == "attest.signature");
  }
}

TEST_CASE("one flipped bit anywhere in a signature is refused") {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ed25519}) {
    const PrivateKey key = make(algorithm);
    const std::string signature = key.sign("hello").value();
    for (std::size_t i = 0; i < signature.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = signature;
        bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
        CHECK_FALSE(key.public_key().verify("hello", bad));
      }
    }
  }
}

TEST_CASE("RFC 8032 test vector 1 verifies") {
  const auto key = PublicKey::from_pem(k_rfc8032);
  REQUIRE(key);
  const auto signature = from_hex(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
      "f0595bbe246551"
      "41438e7a100b");
  REQUIRE(signature);
  CHECK(key->verify("", *signature));
  CHECK_FALSE(key->verify("x", *signature));
}

TEST_CASE("the key id is the hex SHA-256 of the DER SubjectPublicKeyInfo") {
  const PrivateKey key = make();
  CHECK(key.public_key().id() == sha256(key.public_key().der()).hex());
  const auto read = PublicKey::from_pem(key.public_key().pem());
  REQUIRE(read);
  CHECK(read->id() == key.public_key().id());
  CHECK(*read == key.public_key());
}

TEST_CASE("a private key survives its PEM, plain and encrypted by either derivation") {
  const PrivateKey key = make();
  const SecretBytes passphrase("correct horse");
  for (const KeyDerivation derivation : {KeyDerivation::scrypt, KeyDerivation::pbkdf2}) {
    const auto pem = key.to_pem(&passphrase, derivation);
    REQUIRE(pem);
    CHECK(pem->view().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    const auto read = PrivateKey::from_pem(pem->view(), &passphrase);
    REQUIRE(read);
    CHECK(read->public_key() == key.public_key());

    const SecretBytes wrong("incorrect horse");
    CHECK(code(PrivateKey::from_pem(pem->view(), &wrong)) == "attest.passphrase-wrong");
    CHECK(code(PrivateKey::from_pem(pem->view())) == "attest.passphrase-missing");
  }
  const auto plain = key.to_pem(nullptr);
  REQUIRE(plain);
  CHECK(PrivateKey::from_pem(plain->view())->public_key() == key.public_key());
  CHECK(code(PrivateKey::from_pem(plain->view(), &passphrase)) == "attest.passphrase-unused");
  const SecretBytes empty;
  CHECK(code(key.to_pem(&empty)) == "attest.passphrase-empty");
}

TEST_CASE("a key file that asks for endless derivation is refused before the work is done") {
  const PrivateKey key = make();
  const SecretBytes passphrase("p");
  const auto pbkdf2 = key.to_pem(&passphrase, KeyDerivation::pbkdf2);
  const auto scrypt = key.to_pem(&passphrase, KeyDerivation::scrypt);
  REQUIRE(pbkdf2);
  REQUIRE(scrypt);
  // INTEGER 600000 → 8388607 rounds
  Bytes rounds = parse_pem(pbkdf2->view())->der;
  const auto at = rounds.find(from_hex("02030927c0").value());
  REQUIRE(at != Bytes::npos);
  rounds.replace(at, 5, from_hex("02037fffff").value());
  CHECK(code(PrivateKey::from_pem(write_pem("ENCRYPTED PRIVATE KEY", rounds), &passphrase)) ==
        "attest.key-cost");
  // r * p: 08 01 → 7f 7f makes 16384 * 127 * 127, over the limit
  Bytes wide = parse_pem(scrypt->view())->der;
  const Bytes tail = from_hex(
                         "0202"
                         "4000"
                         "0201"
                         "08"
                         "0201"
                         "01")
                         .value();
  const auto whole = wide.find(tail);
  REQUIRE(whole != Bytes::npos);
  wide.replace(whole, tail.size(),
               from_hex("0202"
                        "4000"
                        "0201"
                        "7f"
                        "0201"
                        "7f")
                   .value());
  CHECK(code(PrivateKey::from_pem(write_pem("ENCRYPTED PRIVATE KEY", wide), &passphrase)) ==
        "attest.key-cost");
}

TEST_CASE("PEM is read strictly") {
  const std::string good(make().public_key().pem());
  CHECK(parse_pem(good));
  CHECK(parse_pem("\n  " + good + "\n"));
  CHECK(code(parse_pem("junk\n" + good)) == "attest.pem");
  CHECK(code(parse_pem(good + "junk")) == "attest.pem");
  CHECK(code(parse_pem(good + good)) == "attest.pem");
  CHECK(code(parse_pem("-----BEGIN A-----\nAAAA\n-----END B-----\n")) == "attest.pem");
  CHECK(code(parse_pem("-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END A-----\n")) ==
        "attest.pem");
  CHECK(code(parse_pem("-----BEGIN A-----\nAA!A\n-----END A-----\n")) == "attest.pem");
  CHECK(code(parse_pem("-----BEGIN A-----\n-----END A-----\n")) == "attest.pem");
  CHECK(code(parse_pem("-----BEGIN A----------END A-----")) == "attest.pem");
  CHECK(code(parse_pem("-----BEGIN A-----")) == "attest.pem");
  CHECK(code(parse_pem("")) == "attest.pem");
  CHECK(code(parse_pem(std::string(k_max_pem_bytes + 1, 'A'))) == "attest.pem-size");
}

TEST_CASE("a private key is never taken for a public one") {
  const auto pem = make().to_pem(nullptr);
  CHECK(code(PublicKey::from_pem(pem->view())) == "attest.key-format");
}

TEST_CASE("weak, foreign and doubly spelled keys are refused") {
  CHECK(code(PublicKey::from_der("")) == "attest.key-format");
  CHECK(code(PublicKey::from_der("\x30\x03\x02\x01\x01")) == "attest.key-format");
  Bytes trailing = make().public_key().der();
  trailing += '\0';
  CHECK(code(PublicKey::from_der(trailing)) == "attest.key-format");
  // secp256k1
  const auto k1 = from_hex(
      "3056301006072a8648ce3d020106052b8104000a0342000479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f281"
      "5b16f81798"
      "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
  REQUIRE(k1);
  CHECK(code(PublicKey::from_der(*k1)) == "attest.key-algorithm");
}

TEST_CASE("a signature can be checked by digest where the key's hash is SHA-256") {
  for (const KeyAlgorithm algorithm :
       {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::rsa_pkcs1, KeyAlgorithm::rsa_pss}) {
    const PrivateKey key = make(algorithm);
    const auto signature = key.sign("hello");
    CHECK(key.public_key().verify_sha256(sha256("hello"), *signature));
    CHECK(code(key.public_key().verify_sha256(sha256("hellp"), *signature)) == "attest.signature");
  }
  const PrivateKey ed = make(KeyAlgorithm::ed25519);
  CHECK(code(ed.public_key().verify_sha256(sha256("hello"), *ed.sign("hello"))) == "attest.needs-message");
}

TEST_CASE("a moved-from secret is empty and holds nothing") {
  SecretBytes a("abc");
  const SecretBytes b(std::move(a));
  CHECK(b.view() == "abc");
  CHECK(a.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
}

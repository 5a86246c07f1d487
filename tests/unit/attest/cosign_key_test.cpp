#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/keys.h"
#include "attest/pem.h"
#include "attest/secretbox.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

// "Cryptography in NaCl", section 10.
const Bytes k_key = from_hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389").value();
const Bytes k_nonce = from_hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37").value();
constexpr std::string_view k_box =
    "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c"
    "98dce87b"
    "4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb373"
    "2bc0e9da"
    "99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5";
constexpr std::string_view k_message =
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01"
    "233561f4"
    "1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c"
    "60902e52"
    "f0a089bc76897040e082f937763848645e0705";

// Made in cosign's format by an independent implementation (golang.org/x/crypto); the passphrase is "correct
// horse".
constexpr std::string_view k_cosign_key =
    "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
    "eyJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94Iiwibm9uY2UiOiIweEhq\n"
    "cnBQZ05xUnl4Q2dJakxCdEh4ZVprYXUwQmlVZiJ9LCJjaXBoZXJ0ZXh0IjoiYWNq\n"
    "T0UvTGwwVi96WjFLWUs2K05uanFlbnlMSDZFeHgxKzBNNk0yUmpRMnlCQ0F3OVQ0\n"
    "NC9ZOXUrWU9RM0ZkUkUxcTdkazlOVjlhTlNMME5TRWZhQTNHOGpHd2JYQWlDc3F3\n"
    "MzlBMmNsWGhhN3RZUThWTXRjNHc3aW9uV2NuS01XcVpDcEFxVzRUZEFzek5ZNTVN\n"
    "VWd3cTlacTZ5YU42OFJxSk5WUFYwbklwbzdDNlNkOGJodHg2c3dwZlp2Rkt2UWoy\n"
    "K2dkNG85Wjc4Snc9PSIsImtkZiI6eyJuYW1lIjoic2NyeXB0IiwicGFyYW1zIjp7\n"
    "Ik4iOjMyNzY4LCJwIjoxLCJyIjo4fSwic2FsdCI6ImxUY1pEYXZLK1RsRzRQbTlX\n"
    "RnNTR3VYczlTUUg1Vlh3RjhvNElOZys4cU09In19\n"
    "-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n";
constexpr std::string_view k_cosign_public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmQemuW4Xfrnh53QABFxb6t5z9o6T\n"
    "ltje5be5DKSbs5JWBfknFyKy5gE6Ci/gIPERaMYytcEmsVEdnUOhH5swxw==\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace

TEST_CASE("the published NaCl box opens") {
  const auto opened = open_secretbox(k_key, k_nonce, from_hex(k_box).value());
  REQUIRE(opened);
  CHECK(to_hex(opened->view()) == k_message);
}

TEST_CASE("boxes of every awkward length open as another implementation sealed them") {
  const struct {
    std::size_t size;
    const char* box;
  } cases[] = {
      {0, "2539121d8e234e652d651fa4c8cff880"},
      {1, "ca7328d4d4e4d11c6f15949ad66594b830"},
      {31,
       "9e7286eba47df4fd4182c21758868e4e30996a4f68caca9735bd05e18d4c18dc6a6c9508d6bcc7d1a4a68ae3"
       "914e85"},
      {32,
       "585dbf9ebf1950a2ab81efda1f5e18db30996a4f68caca9735bd05e18d4c18dc6a6c9508d6bcc7d1a4a68ae3"
       "914e854f"},
      {33,
       "240ae10f9d1db33b1dbdd8ee7cbd848e30996a4f68caca9735bd05e18d4c18dc6a6c9508d6bcc7d1a4a68ae3"
       "914e854fc5"},
      {95,
       "2627ca09f1c7d86ac3eb2351a1577de030996a4f68caca9735bd05e18d4c18dc6a6c9508d6bcc7d1a4a68ae3"
       "914e854fc5d49526576297704f7ffee8861fea124d59a06bd4d49497b23495ebf6347eb07a72c813c402d616"
       "8f272a37fdca84d042e32847cb98a401d74e46818ee464"},
      {96,
       "f86b2a69835ac1b1cf54cbc8c8a605f330996a4f68caca9735bd05e18d4c18dc6a6c9508d6bcc7d1a4a68ae3"
       "914e854fc5d49526576297704f7ffee8861fea124d59a06bd4d49497b23495ebf6347eb07a72c813c402d616"
       "8f272a37fdca84d042e32847cb98a401d74e46818ee4649d"},
      {97,
       "324e8ab2a945e528527e1dd64010e70e30996a4f68caca9735bd05e18d4c18dc6a6c9508d6bcc7d1a4a68ae3"
       "914e854fc5d49526576297704f7ffee8861fea124d59a06bd4d49497b23495ebf6347eb07a72c813c402d616"
       "8f272a37fdca84d042e32847cb98a401d74e46818ee4649d3d"},
      {131,
       "0d9efcea9928a87431a0ff623486ce7430996a4f68caca9735bd05e18d4c18dc6a6c9508d6bcc7d1a4a68ae3"
       "914e854fc5d49526576297704f7ffee8861fea124d59a06bd4d49497b23495ebf6347eb07a72c813c402d616"
       "8f272a37fdca84d042e32847cb98a401d74e46818ee4649d3dadf23f3e37e3f2c7df666f1cbed5e899c461bb"
       "fe875ea7f156b00f5ee760693dd52e"},
  };
  for (const auto& item : cases) {
    CAPTURE(item.size);
    const auto opened = open_secretbox(k_key, k_nonce, from_hex(item.box).value());
    REQUIRE(opened);
    REQUIRE(opened->size() == item.size);
    for (std::size_t i = 0; i < item.size; ++i) {
      CHECK(static_cast<unsigned char>(opened->view()[i]) == static_cast<unsigned char>(i * 7));
    }
  }
}

TEST_CASE("a box with one changed byte, key or nonce does not open") {
  const Bytes box = from_hex(k_box).value();
  for (std::size_t i = 0; i < box.size(); ++i) {
    Bytes bad = box;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK(code(open_secretbox(k_key, k_nonce, bad)) == "attest.secretbox");
  }
  Bytes key = k_key;
  key[31] = static_cast<char>(key[31] ^ 1);
  CHECK(code(open_secretbox(key, k_nonce, box)) == "attest.secretbox");
  Bytes nonce = k_nonce;
  nonce[23] = static_cast<char>(nonce[23] ^ 1);
  CHECK(code(open_secretbox(k_key, nonce, box)) == "attest.secretbox");
  CHECK(code(open_secretbox(k_key, k_nonce, box.substr(0, 15))) == "attest.secretbox");
  CHECK(code(open_secretbox(k_key.substr(1), k_nonce, box)) == "attest.secretbox");
}

TEST_CASE("cosign's encrypted key opens with its passphrase only") {
  const SecretBytes passphrase("correct horse");
  const auto key = PrivateKey::from_pem(k_cosign_key, &passphrase);
  REQUIRE(key);
  CHECK(key->public_key() == PublicKey::from_pem(k_cosign_public).value());
  CHECK(PublicKey::from_pem(k_cosign_public)->verify("m", key->sign("m").value()));
  const SecretBytes wrong("correct house");
  CHECK(code(PrivateKey::from_pem(k_cosign_key, &wrong)) == "attest.passphrase-wrong");
  CHECK(code(PrivateKey::from_pem(k_cosign_key)) == "attest.passphrase-missing");
}

TEST_CASE("a cosign key file with other parameters is refused") {
  const SecretBytes passphrase("correct horse");
  const std::string json = parse_pem(k_cosign_key)->der;
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = json;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    return code(PrivateKey::from_pem(write_pem("ENCRYPTED COSIGN PRIVATE KEY", text), &passphrase));
  };
  CHECK(with("scrypt", "scrypt").empty());
  CHECK(with("\"N\":32768", "\"N\":1073741824") == "attest.key-cost");
  CHECK(with("\"r\":8", "\"r\":1024") == "attest.key-cost");
  CHECK(with("\"p\":1", "\"p\":1000000") == "attest.key-cost");
  CHECK(with("\"p\":1", "\"p\":0") == "attest.key-format");
  CHECK(with("\"p\":1", "\"p\":-1") == "attest.key-format");
  CHECK(with("\"N\":32768", "\"N\":32767") == "attest.key-format");
  CHECK(with("scrypt", "argon2") == "attest.key-encryption");
  CHECK(with("nacl/secretbox", "none") == "attest.key-encryption");
  CHECK(with("\"ciphertext\"", "\"text\"") == "attest.key-format");
  CHECK(with("{", "") == "attest.key-format");
}

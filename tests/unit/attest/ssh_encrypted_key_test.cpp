#include <ostream>

#include <doctest/doctest.h>

#include <openssl/bn.h>

#include <string>
#include <vector>

#include "attest/internal/bcrypt_pbkdf.h"
#include "attest/pem.h"
#include "attest/ssh_signature.h"
#include "base/effects.h"
#include "base/file.h"
#include "base/subprocess.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

std::string derive(std::string_view passphrase, std::string_view salt, std::uint32_t rounds,
                   std::size_t size) {
  const auto key = internal::bcrypt_pbkdf(passphrase, salt, rounds, size);
  return key ? to_hex(key->view()) : key.error().code;
}

// Makes a key file, and gives its text.
std::string keygen(const std::string& file, std::vector<std::string> options) {
  std::vector<std::string> argv{"ssh-keygen", "-q", "-f", file, "-C", "a comment"};
  argv.insert(argv.end(), options.begin(), options.end());
  ProcessSpec spec;
  spec.argv = argv;
  SystemProcessRunner runner;
  const auto result = runner.run(spec);
  REQUIRE(result);
  REQUIRE(result->ok());
  return read_file(file).value();
}

}  // namespace

TEST_CASE("Blowfish starts with the fraction of pi") {
  // Machin: pi = 16 arctan(1/5) - 4 arctan(1/239), as integers of that many bits.
  constexpr int k_guard = 64;
  constexpr int k_bits = static_cast<int>(internal::k_blowfish_words) * 32;
  BIGNUM* sum = BN_new();
  BIGNUM* power = BN_new();
  BIGNUM* term = BN_new();
  BN_zero(sum);
  const auto add = [&](BN_ULONG base, BN_ULONG factor, bool negative) {
    BN_zero(power);
    BN_set_bit(power, k_bits + k_guard);
    BN_mul_word(power, factor);
    BN_div_word(power, base);
    for (BN_ULONG n = 1; !BN_is_zero(power); n += 2, negative = !negative) {
      BN_copy(term, power);
      BN_div_word(term, n);
      negative ? BN_sub(sum, sum, term) : BN_add(sum, sum, term);
      BN_div_word(power, base * base);
    }
  };
  add(5, 16, false);
  add(239, 4, true);
  BN_rshift(sum, sum, k_guard);
  Bytes digits(static_cast<std::size_t>(BN_num_bytes(sum)), '\0');
  BN_bn2bin(sum, reinterpret_cast<unsigned char*>(digits.data()));
  REQUIRE(digits.size() == internal::k_blowfish_words * 4 + 1);
  CHECK(digits[0] == 3);
  for (std::size_t i = 0; i < internal::k_blowfish_words; ++i) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 4; ++j) word = word << 8 | static_cast<unsigned char>(digits[1 + 4 * i + j]);
    REQUIRE(word == internal::k_pi_fraction.at(i));
  }
  BN_free(sum);
  BN_free(power);
  BN_free(term);
}

TEST_CASE("bcrypt_pbkdf gives what OpenBSD's gives") {
  CHECK(derive("password", "salt", 4, 32) ==
        "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9");
  CHECK(derive("password", "salt", 8, 64) ==
        "e1367ec5151a33faac4cc1c144cd23fa15d5548493ecc99b9b5d9c0d3b27bec76227ea66088b849b20ab7aa478010246e74b"
        "ba51723"
        "fefa9f9474d6508845e8d");
}

TEST_CASE("a key file may not ask for work without end") {
  CHECK(derive("password", "salt", internal::k_max_bcrypt_rounds + 1, 32) == "attest.key-cost");
  CHECK(derive("password", "salt", 0xffffffff, 32) == "attest.key-cost");
  CHECK(derive("password", "salt", 0, 32) == "attest.key-format");
  CHECK(derive("password", "", 1, 32) == "attest.key-format");
  CHECK(derive("", "salt", 1, 32) == "attest.key-format");
  CHECK(derive("password", std::string(internal::k_max_bcrypt_salt + 1, 's'), 1, 32) == "attest.key-format");
  CHECK(derive("password", "salt", 1, internal::k_max_bcrypt_key + 1) == "attest.key-format");
}

TEST_CASE("keys that ssh-keygen has encrypted are read, of each kind and by each cipher") {
  const auto folder = TempDirectory::create();
  REQUIRE(folder);
  const SecretBytes right("a passphrase");
  const SecretBytes wrong("another passphrase");
  const std::vector<std::vector<std::string>> kinds{
      {"-t", "ed25519", "-a", "3"},
      {"-t", "ecdsa", "-b", "384", "-a", "3", "-Z", "aes256-cbc"},
      {"-t", "rsa", "-b", "2048", "-a", "3", "-Z", "aes256-gcm@openssh.com"},
      {"-t", "ed25519"}};  // with the default number of rounds
  int number = 0;
  for (std::vector<std::string> options : kinds) {
    const std::string file = folder->path() + "/key" + std::to_string(number++);
    CAPTURE(options.back());
    options.insert(options.end(), {"-N", "a passphrase"});
    const std::string text = keygen(file, options);
    const auto key = parse_ssh_private_key(text, &right);
    REQUIRE_MESSAGE(key, (key ? "" : to_string(key.error())));
    const auto signature = key->sign("hello");
    REQUIRE(signature);
    const auto blob = ssh_public_key(key->public_key());
    REQUIRE(blob);
    CHECK(read_file(file + ".pub").value().find(to_base64(blob->blob)) != std::string::npos);
    CHECK(code(parse_ssh_private_key(text, &wrong)) == "attest.passphrase-wrong");
    CHECK(code(parse_ssh_private_key(text)) == "attest.passphrase-missing");
  }
}

TEST_CASE("an encrypted key file that was changed is refused") {
  const auto folder = TempDirectory::create();
  REQUIRE(folder);
  const SecretBytes right("a passphrase");
  const std::string text =
      keygen(folder->path() + "/key", {"-t", "ed25519", "-a", "1", "-N", "a passphrase"});
  const Bytes der = parse_pem(text).value().der;
  const auto with = [&](Bytes changed) {
    return code(parse_ssh_private_key(write_pem("OPENSSH PRIVATE KEY", changed), &right));
  };
  CHECK(with(der).empty());
  CHECK_FALSE(with(der.substr(0, der.size() - 1)).empty());
  CHECK_FALSE(with(der + '\0').empty());
  for (std::size_t at = 0; at < der.size(); at += 7) {
    Bytes changed = der;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    CAPTURE(at);
    // Of the comment, which is at the end before the padding, nothing depends.
    if (at < der.size() - 32) CHECK_FALSE(with(changed).empty());
  }
  const std::size_t name = der.find("aes256-ctr");
  Bytes other = der;
  other.replace(name, 10, "aes256-xyz");
  CHECK(with(other) == "attest.key-encryption");
  const std::size_t derivation = der.find("bcrypt");
  other = der;
  other.replace(derivation, 6, "scrypt");
  CHECK(with(other) == "attest.key-encryption");
  // string(salt of 16), rounds
  other = der;
  other[derivation + 6 + 4 + 4 + 16] = '\x7f';
  CHECK(with(other) == "attest.key-cost");
}

TEST_CASE("a passphrase for a plain SSH key is refused: its owner believes that it is protected") {
  const auto folder = TempDirectory::create();
  REQUIRE(folder);
  const SecretBytes right("a passphrase");
  const std::string text = keygen(folder->path() + "/key", {"-t", "ed25519", "-N", ""});
  CHECK(code(parse_ssh_private_key(text, &right)) == "attest.passphrase-unused");
  CHECK(parse_ssh_private_key(text));
}

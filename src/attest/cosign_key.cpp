#include "attest/internal/cosign_key.h"

#include <array>

#include "attest/internal/openssl.h"
#include "attest/secretbox.h"
#include "base/json.h"

namespace sluice::attest::internal {
namespace {

constexpr std::size_t k_key_bytes = 32;
// cosign writes N = 65536, r = 8, p = 1 (64 MiB), older versions N = 32768. More is refused before any work
// is done.
constexpr std::uint64_t k_max_n = 1u << 17;
constexpr std::uint64_t k_max_r = 8;
constexpr std::uint64_t k_max_p = 4;

[[nodiscard]] tl::unexpected<Error> bad_key(std::string message) {
  return fail(ErrorKind::invalid, "attest.key-format", "the cosign key file: " + message);
}

[[nodiscard]] Result<Bytes> bytes_at(const json::Value* object, std::string_view member) {
  const json::Value* value = object != nullptr ? object->find(member) : nullptr;
  if (value == nullptr || value->as_string() == nullptr)
    return bad_key("\"" + std::string(member) + "\" is missing");
  auto bytes = from_base64(*value->as_string());
  if (!bytes) return bad_key("\"" + std::string(member) + "\" is not base64");
  return bytes;
}

[[nodiscard]] Result<std::uint64_t> number_at(const json::Value* object, std::string_view member) {
  const json::Value* value = object != nullptr ? object->find(member) : nullptr;
  if (value == nullptr || value->as_int() == nullptr || *value->as_int() <= 0) {
    return bad_key("scrypt's \"" + std::string(member) + "\" is missing or no positive number");
  }
  return static_cast<std::uint64_t>(*value->as_int());
}

[[nodiscard]] Result<SecretBytes> derive(const json::Value* kdf, const SecretBytes& passphrase) {
  const json::Value* parameters = kdf != nullptr ? kdf->find("params") : nullptr;
  const std::uint64_t n = SLUICE_TRY(number_at(parameters, "N"));
  const std::uint64_t r = SLUICE_TRY(number_at(parameters, "r"));
  const std::uint64_t p = SLUICE_TRY(number_at(parameters, "p"));
  const Bytes salt = SLUICE_TRY(bytes_at(kdf, "salt"));
  if (n > k_max_n || r > k_max_r || p > k_max_p) {
    return fail(ErrorKind::limit, "attest.key-cost",
                "the cosign key file asks for too much work: scrypt N=" + std::to_string(n) +
                    " r=" + std::to_string(r) + " p=" + std::to_string(p));
  }
  std::array<unsigned char, k_key_bytes> key{};
  constexpr std::uint64_t k_memory = 256u << 20;
  const std::string_view pass = passphrase.view();
  const bool done = EVP_PBE_scrypt(pass.data(), pass.size(), bytes_of(salt), salt.size(), n, r, p, k_memory,
                                   key.data(), key.size()) == 1;
  ERR_clear_error();
  if (!done) return bad_key("scrypt refuses its parameters");
  SecretBytes out(BytesView(reinterpret_cast<const char*>(key.data()), key.size()));
  OPENSSL_cleanse(key.data(), key.size());
  return out;
}

}  // namespace

bool is_cosign_label(std::string_view pem_label) {
  return pem_label == "ENCRYPTED SIGSTORE PRIVATE KEY" || pem_label == "ENCRYPTED COSIGN PRIVATE KEY";
}

Result<SecretBytes> decrypt_cosign_key(BytesView json_text, const SecretBytes& passphrase) {
  const auto root = json::parse(json_text, "cosign key");
  if (!root) return bad_key(root.error().message);
  const json::Value* kdf = root->find("kdf");
  const json::Value* cipher = root->find("cipher");
  if (kdf == nullptr || kdf->string_at("name") != "scrypt" || cipher == nullptr ||
      cipher->string_at("name") != "nacl/secretbox") {
    return fail(ErrorKind::unsupported, "attest.key-encryption",
                "the cosign key file is not encrypted with scrypt and nacl/secretbox");
  }
  const Bytes nonce = SLUICE_TRY(bytes_at(cipher, "nonce"));
  const Bytes box = SLUICE_TRY(bytes_at(&*root, "ciphertext"));
  const SecretBytes key = SLUICE_TRY(derive(kdf, passphrase));
  auto opened = open_secretbox(key.view(), nonce, box);
  if (!opened)
    return fail(ErrorKind::crypto, "attest.passphrase-wrong", "the passphrase does not open the private key");
  return opened;
}

}  // namespace sluice::attest::internal

#include "attest/internal/ssh_cipher.h"

#include <algorithm>
#include <array>

#include "attest/internal/bcrypt_pbkdf.h"
#include "attest/internal/openssl.h"
#include "attest/ssh_wire.h"

namespace sluice::attest::internal {
namespace {

using CipherPtr = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::size_t k_key_bytes = 32;
constexpr std::size_t k_block_bytes = 16;

struct SshCipher {
  std::string_view name;
  const EVP_CIPHER* (*cipher)();
  std::size_t iv_bytes;
  std::size_t tag_bytes;
};
// ssh-keygen's default is the first; `-Z` chooses others.
constexpr std::array<SshCipher, 3> k_ciphers{{{"aes256-ctr", EVP_aes_256_ctr, 16, 0},
                                              {"aes256-cbc", EVP_aes_256_cbc, 16, 0},
                                              {"aes256-gcm@openssh.com", EVP_aes_256_gcm, 12, 16}}};

[[nodiscard]] tl::unexpected<Error> bad_key(std::string message) {
  return fail(ErrorKind::invalid, "attest.ssh-key", "the SSH key: " + std::move(message));
}

[[nodiscard]] Result<SecretBytes> derive(const SshEncryption& encryption, const SecretBytes& passphrase,
                                         std::size_t size) {
  if (encryption.derivation != "bcrypt") {
    return fail(
        ErrorKind::unsupported, "attest.key-encryption",
        "the SSH key's derivation \"" + std::string(excerpt(encryption.derivation)) + "\" is not supported");
  }
  SshReader options(encryption.options);
  const BytesView salt = SLUICE_TRY(options.string());
  const std::uint32_t rounds = SLUICE_TRY(options.number());
  SLUICE_CHECK(options.finish());
  return bcrypt_pbkdf(passphrase.view(), salt, rounds, size);
}

[[nodiscard]] Result<SecretBytes> decrypt(const SshCipher& cipher, BytesView key, BytesView secret,
                                          BytesView tag) {
  const CipherPtr context(EVP_CIPHER_CTX_new());
  Bytes plain(secret.size(), '\0');
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  Bytes stated_tag(tag);
  int size = 0;
  int last = 0;
  bool done =
      context &&
      EVP_DecryptInit_ex(context.get(), cipher.cipher(), nullptr, bytes_of(key),
                         bytes_of(key.substr(k_key_bytes))) == 1 &&
      EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
      EVP_DecryptUpdate(context.get(), out, &size, bytes_of(secret), static_cast<int>(secret.size())) == 1;
  if (done && !tag.empty()) {
    done = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                               stated_tag.data()) == 1;
  }
  done = done && EVP_DecryptFinal_ex(context.get(), out + size, &last) == 1;
  ERR_clear_error();
  SecretBytes result(done ? BytesView(plain) : BytesView());
  wipe(plain);
  if (done) return result;
  return fail(ErrorKind::crypto, "attest.passphrase-wrong", "the passphrase does not open the private key");
}

}  // namespace

Result<SecretBytes> decrypt_ssh_key(const SshEncryption& encryption, BytesView secret, BytesView tag,
                                    const SecretBytes* passphrase) {
  if (encryption.cipher == "none" && encryption.derivation == "none") {
    if (!tag.empty() || !encryption.options.empty()) return bad_key("there is more than a plain key in it");
    if (passphrase == nullptr) return SecretBytes(secret);
    return fail(ErrorKind::usage, "attest.passphrase-unused",
                "a passphrase was given, but the private key is not encrypted",
                "encrypt the key, or give no passphrase");
  }
  const auto* cipher = std::find_if(k_ciphers.begin(), k_ciphers.end(),
                                    [&](const SshCipher& row) { return row.name == encryption.cipher; });
  if (cipher == k_ciphers.end()) {
    return fail(ErrorKind::unsupported, "attest.key-encryption",
                "the SSH key's cipher \"" + std::string(excerpt(encryption.cipher)) + "\" is not supported",
                "encrypt it again with: ssh-keygen -p -Z aes256-ctr -f KEY");
  }
  if (passphrase == nullptr) {
    return fail(ErrorKind::usage, "attest.passphrase-missing", "the private key is encrypted",
                "give its passphrase by environment variable name, file or descriptor");
  }
  if (secret.empty() || secret.size() % k_block_bytes != 0 || tag.size() != cipher->tag_bytes)
    return bad_key("its private part has a size that its cipher does not make");
  const SecretBytes key = SLUICE_TRY(derive(encryption, *passphrase, k_key_bytes + cipher->iv_bytes));
  return decrypt(*cipher, key.view(), secret, tag);
}

}  // namespace sluice::attest::internal

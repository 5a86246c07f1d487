// The definitions of base/digest.h's Sha256, over OpenSSL's EVP.
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>

#include "base/digest.h"

namespace sluice {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  // No openssl.cnf: neither a file nor OPENSSL_CONF of the job may change which code runs (see
  // internal/openssl.h).
  static const bool k_no_config =
      OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) == 1;
  if (!k_no_config) std::abort();
  // Failure here means no memory or a broken libcrypto; a wrong digest must never come out instead.
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1)
    std::abort();
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(BytesView bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) std::abort();
}

Digest Sha256::finish() {
  std::array<std::uint8_t, 32> raw{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_->context, raw.data(), &size) != 1 || size != raw.size()) std::abort();
  return Digest(raw);
}

Digest sha256(BytesView bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace sluice

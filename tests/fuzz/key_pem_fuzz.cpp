// Key files, public and private, plain and encrypted: no crash, no endless derivation, one key id for one
// key.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::attest;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto key = PublicKey::from_pem(text)) {
    const auto again = PublicKey::from_pem(key->pem());
    if (!again || again->id() != key->id()) std::abort();
  }
  static_cast<void>(PrivateKey::from_pem(text));
  const SecretBytes passphrase("passphrase");
  static_cast<void>(PrivateKey::from_pem(text, &passphrase));
  return 0;
}

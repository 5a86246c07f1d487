// The inside of cosign's key files: JSON with the parameters of a derivation. No crash, no endless
// derivation, and nothing opens that was not sealed with this passphrase.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attest/keys.h"
#include "attest/pem.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::attest;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const SecretBytes passphrase("passphrase");
  static_cast<void>(PrivateKey::from_pem(write_pem("ENCRYPTED SIGSTORE PRIVATE KEY", json), &passphrase));
  return 0;
}

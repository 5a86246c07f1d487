// OpenSSH private key files: the wire form goes in, armoured by us, so that mutations reach it. A key that is
// read signs, and its signature holds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/pem.h"
#include "attest/ssh_signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const std::string pem =
      sluice::attest::write_pem("OPENSSH PRIVATE KEY", {reinterpret_cast<const char*>(data), size});
  const auto key = sluice::attest::parse_ssh_private_key(pem);
  if (!key) return 0;
  const auto signature = key->sign("message");
  // Numbers that make a key need not make a right one; then signing fails, or its signature does not hold.
  if (signature && key->public_key().algorithm() == sluice::attest::KeyAlgorithm::ed25519 &&
      !key->public_key().verify("message", *signature)) {
    std::abort();
  }
  return 0;
}

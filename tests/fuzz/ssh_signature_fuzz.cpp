// SSH signatures and allowed_signers files: nothing verifies over a message that no seed is about.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/ssh_signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::attest;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto allowed = parse_allowed_signers(text, "fuzz");
  const auto signature = parse_ssh_signature(text);
  if (!signature) return 0;
  if (verify_ssh_signature(*signature, "a message that no seed is about", signature->name_space))
    std::abort();
  if (allowed) static_cast<void>(allowed_principal(*allowed, *signature, {}));
  return 0;
}

// Who may sign, by an allowed_signers file. A line that is read has somebody who may sign, and a key that
// goes back and forth.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/ssh_signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::attest;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto allowed = parse_allowed_signers(text, "allowed_signers");
  if (!allowed) return 0;
  for (const AllowedSigner& line : *allowed) {
    if (line.principals.empty()) std::abort();
    const auto again = parse_ssh_public_key(line.key.blob);
    if (!again || again->blob != line.key.blob || !(again->key == line.key.key)) std::abort();
  }
  return 0;
}

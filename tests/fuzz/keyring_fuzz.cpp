// Keyring files. What parses is written and read again to the same text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/keyring_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = sluice::attest::parse_keyring({reinterpret_cast<const char*>(data), size}, "keyring");
  if (!first) return 0;
  const std::string text = sluice::attest::write_keyring(*first);
  const auto again = sluice::attest::parse_keyring(text, "keyring");
  if (!again || sluice::attest::write_keyring(*again) != text) std::abort();
  return 0;
}

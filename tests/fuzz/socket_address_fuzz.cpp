// Socket addresses out of the memory of a program under observation: no crash, no text beyond what was given.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/observe/socket_address.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto address = decode_socket_address(std::string_view(reinterpret_cast<const char*>(data), size));
  if (address.has_value() != (size >= 2)) std::abort();
  if (!address) return 0;
  const bool internet = address->family == 2 || address->family == 10;
  if (internet ? address->text.empty() || address->text.size() > 45 : address->text.size() >= size)
    std::abort();
  if (!internet && address->port != 0) std::abort();
  return 0;
}

// DSSE envelopes: what is read and written again must read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/dsse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const auto first = attest::parse_envelope({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!first) return 0;
  const auto second = attest::parse_envelope(json::write(attest::envelope_json(*first)), "again");
  if (!second || second->payload != first->payload || second->payload_type != first->payload_type ||
      second->signatures.size() != first->signatures.size() ||
      second->signatures[0].sig != first->signatures[0].sig) {
    std::abort();
  }
  return 0;
}

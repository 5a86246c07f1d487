// Trusted roots: an authority that is read has a certificate and a start; a log has an id.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/trusted_root.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto root = sluice::attest::parse_trusted_root({reinterpret_cast<const char*>(data), size});
  if (!root) return 0;
  for (const auto& authority : root->certificate_authorities) {
    if (authority.certificates.empty()) std::abort();
  }
  for (const auto& log : root->tlogs) {
    if (log.log_id.empty() || log.checkpoint_key_id.size() != 4) std::abort();
  }
  return 0;
}

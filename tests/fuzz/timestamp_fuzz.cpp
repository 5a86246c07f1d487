// Timestamp answers: none but the true authority's may verify, whatever the bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/authority.h"
#include "attest/timestamp.h"
#include "attest/timestamp_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::attest;
  static const AuthorityRequest k_request{
      "Fuzz", std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)), k_authority_lifetime};
  static const TrustedRoot k_root = trusted_root_of(make_authority(k_request).value(), k_request);
  static const sluice::Bytes k_query = make_timestamp_query("signature").value();
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  if (check_timestamp_answer(answer, k_query)) std::abort();  // its nonce is fresh
  if (verify_timestamp(answer, "signature", k_root.timestamp_authorities)) std::abort();
  return 0;
}

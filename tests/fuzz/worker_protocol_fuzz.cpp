// What a worker that was taken over may send: every answer is refused, or is in bounds and the same when said
// again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scan/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::scan;
  constexpr std::size_t k_file_size = 10;
  const std::string input(data, data + size);
  const Expected expected{7, k_file_size, [](std::string_view rule) { return rule == "known"; }};

  if (const auto analysis = decode_response(input, expected)) {
    for (const auto& finding : analysis->findings) {
      if (finding.span.end > k_file_size || finding.span.begin > finding.span.end) std::abort();
      if (finding.rule != "known") std::abort();
    }
    const std::string again = encode_response(7, *analysis);
    const auto second = decode_response(std::string_view(again).substr(k_frame_header_bytes), expected);
    if (!second || encode_response(7, *second) != again) std::abort();
  }
  if (const auto request = decode_request(input)) {
    if (encode_request(*request).substr(k_frame_header_bytes) != input) std::abort();
  }
  return 0;
}

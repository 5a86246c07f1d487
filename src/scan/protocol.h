// The messages between the parent and its workers: request = one file for one analyser, response = one
// Analysis.
//
// A worker parses foreign text with C code and may be taken over by it. So the parent believes nothing: every
// length is bounded, every span must lie in the file, every rule must be one that the analyser may report;
// else the whole response is refused and the file is `failed`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "scan/analysis.h"

namespace sluice::scan {

inline constexpr std::size_t k_frame_header_bytes = 4;  // payload length, little-endian
inline constexpr std::size_t k_max_response_bytes = 64u << 20;
inline constexpr std::size_t k_max_request_bytes = 1u << 30;

enum class Companion : std::uint8_t { unknown, absent, present };

struct Request {
  std::uint32_t job = 0;  // echoed by the response
  std::uint8_t analyser = 0;
  std::string_view path;
  std::string_view bytes;
  // The text of the file that goes with it, which a worker cannot open: of a Dockerfile, the context's
  // .dockerignore.
  Companion companion = Companion::unknown;
  std::string_view companion_bytes;
};

// What a response must fit.
struct Expected {
  std::uint32_t job = 0;
  std::size_t file_size = 0;
  std::function<bool(std::string_view)> knows_rule;
};

// Payloads with their frame header.
[[nodiscard]] std::string encode_request(const Request& request);
[[nodiscard]] std::string encode_response(std::uint32_t job, const Analysis& analysis);

// Payloads without it. The views of the Request point into `payload`. Code: scan.protocol.
[[nodiscard]] Result<Request> decode_request(std::string_view payload);
[[nodiscard]] Result<Analysis> decode_response(std::string_view payload, const Expected& expected);

// The payload length of a header of k_frame_header_bytes.
[[nodiscard]] std::uint32_t frame_length(const char* header);

}  // namespace sluice::scan

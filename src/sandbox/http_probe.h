// One HTTP/1.1 exchange over a connected socket: what http tests and readiness need, and no more. The server
// is the program under test, so nothing that it sends is trusted.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::sandbox {

inline constexpr std::size_t k_max_http_head = 64u << 10;
inline constexpr std::size_t k_max_http_body = 4u << 20;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query
  std::string host = "localhost";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::string body;                                          // without transfer coding
};

[[nodiscard]] std::string render(const HttpRequest& request);

// A whole answer, as read until the end of the stream (`at_end`) or so far. No response yet: code
// http.incomplete. Others: http.syntax, http.too-large.
[[nodiscard]] Result<HttpResponse> parse_response(std::string_view bytes, bool head_only, bool at_end);

// Codes: http.timeout, http.io, and those above.
[[nodiscard]] Result<HttpResponse> http_exchange(int socket, const HttpRequest& request,
                                                 std::chrono::milliseconds timeout);

}  // namespace sluice::sandbox

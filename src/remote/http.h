// One HTTP exchange, as the registry client needs it; and the real thing over libcurl.
//
// An exchange is one request and one answer: redirects, retries and credentials are the caller's business,
// since each of them can leak a credential when done blindly.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/effects.h"
#include "base/result.h"

namespace sluice::remote {

inline constexpr std::size_t k_max_header_bytes = 256u << 10;  // all headers of one answer

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  BytesView body;  // must outlive the exchange
  // Where the body of a 2xx answer goes, in pieces; if unset, into HttpResponse::body.
  std::function<Status(BytesView piece)> sink;
  std::uint64_t max_bytes = 4u << 20;  // of the answer's body; more is an error (remote.too-large)
  std::chrono::seconds deadline{60};   // of the whole exchange
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  Bytes body;

  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;  // the first one, or ""
  [[nodiscard]] std::vector<std::string_view> all(std::string_view lower_case_name) const;
};

class Http {
 public:
  virtual ~Http() = default;
  // Any answer is a success, also 500. Codes: remote.unreachable (no connection, broken off; trying again may
  // help), remote.tls (the certificate or the protocol), remote.too-large, remote.timeout, and what `sink`
  // returned.
  [[nodiscard]] virtual Result<HttpResponse> exchange(const HttpRequest& request) = 0;
};

struct HttpOptions {
  std::string ca_file;     // PEM; empty: the system's
  std::string user_agent;  // "sluice/1.2"
};

// libcurl is loaded when this is called and not before: it brings thirty libraries along, which no scan
// should wait for. Proxies are taken from the environment as curl does it (https_proxy, http_proxy,
// no_proxy), but never for loopback. One object is for one thread. Code: remote.no-libcurl.
[[nodiscard]] Result<std::unique_ptr<Http>> open_http(const HttpOptions& options);

}  // namespace sluice::remote

// Just enough of URLs to know whom a request goes to: for src/remote, and for whoever asks other services by
// Http.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::remote {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case, with the port unless it is the scheme's own
  std::string path;    // with the query; starts with "/"

  [[nodiscard]] std::string origin() const { return scheme + "://" + host; }
  [[nodiscard]] std::string text() const { return origin() + path; }
};

// http and https only; user info is refused, since a server that names one wants us to show it to another.
// The fragment is dropped. Code: remote.url.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

// `location` as a server gave it for a request to `base`: a whole URL, or a path. Code: remote.url.
[[nodiscard]] Result<Url> resolve_url(const Url& base, std::string_view location);

// For values in a query: everything but letters, digits and "-._~" is escaped.
[[nodiscard]] std::string escape_query(std::string_view text);

// The path with one more query parameter.
[[nodiscard]] std::string with_query(std::string path, std::string_view name, std::string_view value);

}  // namespace sluice::remote

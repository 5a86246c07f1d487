// Session: requests to one registry about one repository, with its credentials, its redirects and its bad
// days. For src/remote only.
//
// Credentials go to the registry itself and, as the specification has it, to the token service that it names
// (by https, unless the registry itself is asked without TLS). They never follow a redirect to another host.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "base/effects.h"
#include "remote/answers.h"
#include "remote/credentials.h"
#include "remote/http.h"
#include "remote/url.h"

namespace sluice::remote {

inline constexpr int k_max_attempts = 6;
inline constexpr int k_max_redirects = 5;
inline constexpr std::chrono::milliseconds k_first_wait{200};  // doubled each time, with full jitter
inline constexpr std::chrono::seconds k_longest_wait{30};      // also of what Retry-After may ask for
using Wait = std::function<void(std::chrono::milliseconds)>;

class Session {
 public:
  // `http`, `clock` and `wait` must outlive the session. `base` is "https://host"; `scope` as tokens are
  // asked for: "repository:team/app:pull".
  Session(Http& http, const Clock& clock, Wait wait, Url base, std::string scope, Credential credential);

  struct Options {
    bool retry = true;                // after 429, 5xx and broken connections
    std::function<Status()> restart;  // called before another attempt when `sink` may have had a part
  };
  // `request.url` is a path of the registry, or a whole URL that it named. Any final answer is a success.
  // Codes: those of Http::exchange, remote.redirect, remote.token, remote.url.
  [[nodiscard]] Result<HttpResponse> send(HttpRequest request, const Options& options);
  [[nodiscard]] Result<HttpResponse> send(HttpRequest request) { return send(std::move(request), {}); }

  [[nodiscard]] const Url& base() const { return base_; }
  void pause(int attempt, std::chrono::milliseconds least = {});  // with jitter

 private:
  [[nodiscard]] Result<HttpResponse> follow(const HttpRequest& request);
  [[nodiscard]] Result<bool> authenticate(const HttpResponse& refusal);  // true: worth another try
  [[nodiscard]] Result<std::string> fetch_token(const Challenge& challenge);

  Http& http_;
  const Clock& clock_;
  Wait wait_;
  Url base_;
  std::string scope_;
  Credential credential_;
  std::string authorization_;  // value of the header; empty before the registry asked
  std::mt19937 random_;
};

// An answer that is none of the expected ones, as an error: remote.denied (401, 403), remote.not-found (404),
// remote.busy (429, 5xx), remote.status.
[[nodiscard]] tl::unexpected<Error> unexpected_answer(const HttpResponse& response, const std::string& what);

}  // namespace sluice::remote

#include "remote/session.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace sluice::remote {
namespace {

constexpr std::size_t k_max_token_answer = 1u << 20;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool worth_another_try(const Result<HttpResponse>& answer) {
  if (!answer) return answer.error().code == "remote.unreachable" || answer.error().code == "remote.timeout";
  const int status = answer->status;
  return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::string parameter(const Challenge& challenge, const std::string& name) {
  const auto it = challenge.parameters.find(name);
  return it == challenge.parameters.end() ? std::string() : it->second;
}

std::string basic(const Credential& credential) {
  return "Basic " + to_base64(credential.username + ":" + credential.password);
}

}  // namespace

tl::unexpected<Error> unexpected_answer(const HttpResponse& response, const std::string& what) {
  const std::string said = error_text(response.body);
  const std::string message = what + ": the registry answered " + std::to_string(response.status) +
                              (said.empty() ? "" : " (" + said + ")");
  if (response.status == 401 || response.status == 403) {
    return fail(ErrorKind::tool, "remote.denied", message,
                "log in with `docker login`, or set SLUICE_REGISTRY, SLUICE_REGISTRY_USERNAME and "
                "SLUICE_REGISTRY_PASSWORD");
  }
  if (response.status == 404) return fail(ErrorKind::not_found, "remote.not-found", message);
  if (response.status == 429 || response.status >= 500) return fail(ErrorKind::tool, "remote.busy", message);
  return fail(ErrorKind::tool, "remote.status", message);
}

Session::Session(Http& http, const Clock& clock, Wait wait, Url base, std::string scope,
                 Credential credential)
    : http_(http),
      clock_(clock),
      wait_(std::move(wait)),
      base_(std::move(base)),
      scope_(std::move(scope)),
      credential_(std::move(credential)),
      random_(std::random_device{}()) {}

void Session::pause(int attempt, std::chrono::milliseconds least) {
  const std::int64_t longest = std::chrono::milliseconds(k_longest_wait).count();
  const std::int64_t most = std::min(longest, k_first_wait.count() << std::min(attempt, 16));
  // Full jitter: writers that collided must not collide again.
  const std::int64_t chosen = std::uniform_int_distribution<std::int64_t>(most / 8, most)(random_);
  wait_(std::chrono::milliseconds(std::max(chosen, std::min<std::int64_t>(least.count(), longest))));
}

Result<HttpResponse> Session::follow(const HttpRequest& request) {
  Url url = SLUICE_TRY(resolve_url(base_, request.url));
  for (int hop = 0; hop <= k_max_redirects; ++hop) {
    if (base_.scheme == "https" && url.scheme != "https")
      return fail(ErrorKind::tool, "remote.redirect", "the registry leads from https to " + url.origin());
    HttpRequest next = request;
    next.url = url.text();
    const bool same = url.origin() == base_.origin();
    if (same && !authorization_.empty()) next.headers.emplace_back("Authorization", authorization_);
    HttpResponse answer = SLUICE_TRY(http_.exchange(next));
    const bool reading = request.method == "GET" || request.method == "HEAD";
    if (!reading || !is_redirect(answer.status)) return answer;
    url = SLUICE_TRY(resolve_url(url, answer.header("location")));
  }
  return fail(ErrorKind::tool, "remote.redirect", "the registry leads in circles");
}

Result<std::string> Session::fetch_token(const Challenge& challenge) {
  Url realm = SLUICE_TRY(parse_url(parameter(challenge, "realm")));
  if (realm.scheme != "https" && base_.scheme == "https")
    return fail(ErrorKind::tool, "remote.token", "the registry's token service is not reached by https");
  HttpRequest request;
  request.max_bytes = k_max_token_answer;
  std::string form;
  if (!credential_.identity_token.empty()) {
    form =
        "grant_type=refresh_token&client_id=sluice&service=" + escape_query(parameter(challenge, "service")) +
        "&scope=" + escape_query(scope_) + "&refresh_token=" + escape_query(credential_.identity_token);
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = form;
  } else {
    if (const std::string service = parameter(challenge, "service"); !service.empty())
      realm.path = with_query(realm.path, "service", service);
    realm.path = with_query(realm.path, "scope", scope_);
    if (!credential_.empty()) request.headers.emplace_back("Authorization", basic(credential_));
  }
  request.url = realm.text();
  for (int attempt = 0;; ++attempt) {
    const auto answer = http_.exchange(request);
    if (worth_another_try(answer) && attempt + 1 < k_max_attempts) {
      pause(attempt);
      continue;
    }
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status != 200) return unexpected_answer(*answer, "asking " + realm.host + " for a token");
    return SLUICE_TRY(parse_token(answer->body)).value;
  }
}

Result<bool> Session::authenticate(const HttpResponse& refusal) {
  std::vector<Challenge> challenges;
  for (const std::string_view header : refusal.all("www-authenticate")) {
    for (Challenge& challenge : parse_challenges(header)) challenges.push_back(std::move(challenge));
  }
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == "bearer") {
      authorization_ = "Bearer " + SLUICE_TRY(fetch_token(challenge));
      return true;
    }
  }
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme != "basic" || credential_.username.empty()) continue;
    std::string wanted = basic(credential_);
    const bool new_one = wanted != authorization_;
    authorization_ = std::move(wanted);
    return new_one;
  }
  return false;
}

Result<HttpResponse> Session::send(HttpRequest request, const Options& options) {
  bool asked = false;
  for (int attempt = 0;; ++attempt) {
    if (attempt > 0 && options.restart) SLUICE_CHECK(options.restart());
    auto answer = follow(request);
    if (answer && answer->status == 401 && !asked) {
      asked = true;
      if (SLUICE_TRY(authenticate(*answer))) answer = follow(request);
    }
    if (!options.retry || !worth_another_try(answer) || attempt + 1 >= k_max_attempts) return answer;
    std::chrono::milliseconds least{0};
    if (answer) {
      if (const auto after = parse_retry_after(answer->header("retry-after"), clock_.now())) least = *after;
    }
    pause(attempt, least);
  }
}

}  // namespace sluice::remote

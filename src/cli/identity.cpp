#include "cli/identity.h"

#include <algorithm>

#include "attest/id_token.h"
#include "base/file.h"
#include "ci/claims.h"
#include "ci/detect.h"
#include "remote/http.h"
#include "remote/url.h"

namespace sluice::cli {
namespace {

constexpr int k_http_ok = 200;

std::string variable(const Context& context, const std::string& name) {
  const auto found = context.environment.find(name);
  return found == context.environment.end() ? std::string() : found->second;
}

std::string trimmed(std::string text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && is_space(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_space));
  return text;
}

tl::unexpected<Error> no_token(std::string message) {
  return fail(ErrorKind::tool, "identity.no-token", std::move(message));
}

class Reader {
 public:
  Reader(const Config& config, const Context& context)
      : config_(config), identity_(*config.identity), context_(context) {}

  Result<json::Object> claims() {
    const std::string token = SLUICE_TRY(read_token());
    const Bytes jwks = SLUICE_TRY(read_jwks());
    const std::string name = identity_.jwks.empty() ? identity_.issuer : identity_.jwks;
    const std::vector<attest::TokenKey> keys = SLUICE_TRY(attest::parse_jwks(jwks, name));
    return attest::verify_id_token(token, keys, {identity_.issuer, identity_.audience, context_.clock.now()});
  }

 private:
  Result<std::string> read_token() {
    if (identity_.github) return request_token();
    std::string token;
    if (identity_.token_file.empty()) {
      token = variable(context_, identity_.token_env);
    } else {
      token = SLUICE_TRY(read_file(config_.resolve(identity_.token_file), attest::k_max_id_token_bytes));
    }
    token = trimmed(std::move(token));
    if (!token.empty()) return token;
    return no_token("there is no identity token in " + (identity_.token_file.empty()
                                                            ? "the variable " + identity_.token_env
                                                            : identity_.token_file));
  }

  // https://docs.github.com/actions/reference/openid-connect-reference
  Result<std::string> request_token() {
    const std::string url = variable(context_, "ACTIONS_ID_TOKEN_REQUEST_URL");
    const std::string bearer = variable(context_, "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    const bool printable =
        std::all_of(bearer.begin(), bearer.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (url.empty() || bearer.empty() || !printable)
      return no_token("the job may ask for no identity token: it needs the permission id-token: write");
    remote::Url parsed = SLUICE_TRY(remote::parse_url(url));
    parsed.path = remote::with_query(parsed.path, "audience", identity_.audience);
    const Bytes body =
        SLUICE_TRY(fetch(parsed, {{"Authorization", "Bearer " + bearer}}, "the identity token"));
    const auto answer = json::parse(body, "answer");
    if (answer && !answer->string_at("value").empty()) return std::string(answer->string_at("value"));
    return no_token("the platform's answer holds no token");
  }

  Result<Bytes> read_jwks() {
    if (!identity_.jwks.empty()) return read_file(config_.resolve(identity_.jwks), attest::k_max_jwks_bytes);
    std::string issuer = identity_.issuer;
    while (issuer.ends_with('/')) issuer.pop_back();
    const std::string place = issuer + "/.well-known/openid-configuration";
    const remote::Url at = SLUICE_TRY(remote::parse_url(place));
    const Bytes text = SLUICE_TRY(fetch(at, {}, "the issuer's configuration"));
    const json::Value document = SLUICE_TRY(json::parse(text, place));
    if (document.string_at("issuer") != identity_.issuer)
      return fail(ErrorKind::invalid, "identity.issuer", place + " is the configuration of another issuer");
    const remote::Url keys = SLUICE_TRY(remote::parse_url(document.string_at("jwks_uri")));
    return fetch(keys, {}, "the issuer's keys");
  }

  // One answer, no redirects: a bearer must not follow one, and keys come from where the issuer said.
  Result<Bytes> fetch(const remote::Url& url, std::vector<std::pair<std::string, std::string>> headers,
                      const std::string& what) {
    if (url.scheme != "https")
      return fail(ErrorKind::usage, "identity.tls", what + " is not to be had by https");
    if (!http_) {
      const std::string ca = identity_.ca_file.empty() ? "" : config_.resolve(identity_.ca_file);
      http_ = SLUICE_TRY(remote::open_http({ca, std::string("sluice/") + SLUICE_VERSION}));
    }
    remote::HttpRequest request;
    request.url = url.text();
    request.headers = std::move(headers);
    request.max_bytes = attest::k_max_jwks_bytes;
    request.deadline = std::chrono::seconds(20);
    remote::HttpResponse response = SLUICE_TRY(http_->exchange(request));
    if (response.status == k_http_ok) return std::move(response.body);
    return fail(ErrorKind::tool, "identity.status",
                what + ": " + url.host + " answers with the status " + std::to_string(response.status));
  }

  const Config& config_;
  const IdentityConfig& identity_;
  const Context& context_;
  std::unique_ptr<remote::Http> http_;
};

}  // namespace

Result<CiIdentity> read_ci_identity(const Config& config, const Context& context) {
  CiIdentity out = ci::detect(context.environment);
  if (!config.identity) return out;
  const auto claims = Reader(config, context).claims();
  if (claims) {
    ci::apply_claims(*claims, config.identity->issuer, out);
  } else {
    out.token = TokenState::failed;
    out.token_code = claims.error().code;
    out.token_problem = claims.error().message;
  }
  return out;
}

}  // namespace sluice::cli

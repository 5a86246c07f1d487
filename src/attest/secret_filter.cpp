#include "attest/secret_filter.h"

#include <array>

#include "base/bytes.h"

namespace sluice::attest {
namespace {

// Characters that the part after a token's prefix is made of.
enum class Alphabet : unsigned char { alnum, upper_digit, digit, hex, base64url, base64, dotted };

struct TokenShape {
  std::string_view kind;
  std::string_view prefix;
  Alphabet alphabet;
  std::size_t least;   // characters that must follow the prefix …
  bool exact = false;  // … and no more of them: where a longer run is an everyday digest
};

// Prefixes as published by their issuers. `least` is below the real length where issuers changed it over the
// years.
constexpr std::array k_tokens{
    TokenShape{"github-token", "ghp_", Alphabet::alnum, 30},
    TokenShape{"github-token", "gho_", Alphabet::alnum, 30},
    TokenShape{"github-token", "ghu_", Alphabet::alnum, 30},
    TokenShape{"github-token", "ghs_", Alphabet::alnum, 30},
    TokenShape{"github-token", "ghr_", Alphabet::alnum, 30},
    TokenShape{"github-token", "github_pat_", Alphabet::base64url, 22},
    TokenShape{"gitlab-token", "glpat-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "gldt-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glrt-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glrtr-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glcbt-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glptt-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glft-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glimt-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glagent-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glsoat-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "gloas-", Alphabet::dotted, 20},
    TokenShape{"gitlab-token", "glffct-", Alphabet::dotted, 20},
    TokenShape{"slack-token", "xoxb-", Alphabet::base64url, 10},
    TokenShape{"slack-token", "xoxp-", Alphabet::base64url, 10},
    TokenShape{"slack-token", "xoxa-", Alphabet::base64url, 10},
    TokenShape{"slack-token", "xoxr-", Alphabet::base64url, 10},
    TokenShape{"slack-token", "xoxs-", Alphabet::base64url, 10},
    TokenShape{"slack-token", "xoxe-", Alphabet::base64url, 10},
    TokenShape{"slack-token", "xapp-", Alphabet::base64url, 10},
    TokenShape{"slack-webhook", "hooks.slack.com/services/T", Alphabet::base64, 20},
    TokenShape{"aws-key", "AKIA", Alphabet::upper_digit, 16},
    TokenShape{"aws-key", "ASIA", Alphabet::upper_digit, 16},
    TokenShape{"google-key", "AIza", Alphabet::base64url, 35},
    TokenShape{"google-token", "ya29.", Alphabet::base64url, 20},
    TokenShape{"google-secret", "GOCSPX-", Alphabet::base64url, 20},
    TokenShape{"stripe-key", "sk_live_", Alphabet::alnum, 16},
    TokenShape{"stripe-key", "sk_test_", Alphabet::alnum, 16},
    TokenShape{"stripe-key", "rk_live_", Alphabet::alnum, 16},
    TokenShape{"stripe-key", "rk_test_", Alphabet::alnum, 16},
    TokenShape{"webhook-secret", "whsec_", Alphabet::base64, 20},
    TokenShape{"anthropic-key", "sk-ant-", Alphabet::base64url, 20},
    TokenShape{"openai-key", "sk-proj-", Alphabet::base64url, 20},
    TokenShape{"openai-key", "sk-svcacct-", Alphabet::base64url, 20},
    TokenShape{"openai-key", "sk-", Alphabet::alnum, 40},
    TokenShape{"npm-token", "npm_", Alphabet::alnum, 30},
    TokenShape{"pypi-token", "pypi-AgEI", Alphabet::base64url, 30},
    TokenShape{"rubygems-key", "rubygems_", Alphabet::hex, 40},
    TokenShape{"nuget-key", "oy2", Alphabet::alnum, 43},
    TokenShape{"cargo-token", "cio", Alphabet::alnum, 32, true},
    TokenShape{"clojars-token", "CLOJARS_", Alphabet::alnum, 40},
    TokenShape{"docker-token", "dckr_pat_", Alphabet::base64url, 20},
    TokenShape{"docker-token", "dckr_oat_", Alphabet::base64url, 20},
    TokenShape{"digitalocean-token", "dop_v1_", Alphabet::hex, 32},
    TokenShape{"digitalocean-token", "doo_v1_", Alphabet::hex, 32},
    TokenShape{"digitalocean-token", "dor_v1_", Alphabet::hex, 32},
    TokenShape{"vault-token", "hvs.", Alphabet::base64url, 20},
    TokenShape{"vault-token", "hvb.", Alphabet::base64url, 20},
    TokenShape{"vault-token", "hvr.", Alphabet::base64url, 20},
    TokenShape{"terraform-token", ".atlasv1.", Alphabet::base64url, 40},
    TokenShape{"sendgrid-key", "SG.", Alphabet::dotted, 40},
    TokenShape{"mailgun-key", "key-", Alphabet::hex, 32, true},
    TokenShape{"twilio-key", "SK", Alphabet::hex, 32, true},
    TokenShape{"shopify-token", "shpat_", Alphabet::hex, 32},
    TokenShape{"shopify-token", "shpss_", Alphabet::hex, 32},
    TokenShape{"shopify-token", "shpca_", Alphabet::hex, 32},
    TokenShape{"shopify-token", "shppa_", Alphabet::hex, 32},
    TokenShape{"square-token", "sq0atp-", Alphabet::base64url, 22},
    TokenShape{"square-token", "sq0csp-", Alphabet::base64url, 40},
    TokenShape{"square-token", "EAAA", Alphabet::base64url, 56},
    TokenShape{"postman-key", "PMAK-", Alphabet::base64url, 40},
    TokenShape{"linear-key", "lin_api_", Alphabet::alnum, 32},
    TokenShape{"figma-token", "figd_", Alphabet::base64url, 30},
    TokenShape{"atlassian-token", "ATATT3", Alphabet::base64url, 40},
    TokenShape{"atlassian-token", "ATCTT3", Alphabet::base64url, 40},
    TokenShape{"atlassian-token", "ATBB", Alphabet::base64url, 28},
    TokenShape{"grafana-token", "glc_", Alphabet::base64, 32},
    TokenShape{"grafana-token", "glsa_", Alphabet::base64url, 32},
    TokenShape{"huggingface-token", "hf_", Alphabet::alnum, 30},
    TokenShape{"huggingface-token", "api_org_", Alphabet::alnum, 30},
    TokenShape{"groq-key", "gsk_", Alphabet::alnum, 40},
    TokenShape{"xai-key", "xai-", Alphabet::alnum, 60},
    TokenShape{"replicate-token", "r8_", Alphabet::alnum, 30},
    TokenShape{"databricks-token", "dapi", Alphabet::hex, 32, true},
    TokenShape{"sentry-token", "sntrys_", Alphabet::base64, 40},
    TokenShape{"sentry-token", "sntryu_", Alphabet::hex, 60},
    TokenShape{"newrelic-key", "NRAK-", Alphabet::upper_digit, 27},
    TokenShape{"newrelic-key", "NRJS-", Alphabet::alnum, 19},
    TokenShape{"doppler-token", "dp.pt.", Alphabet::alnum, 40},
    TokenShape{"doppler-token", "dp.st.", Alphabet::dotted, 40},
    TokenShape{"dynatrace-token", "dt0c01.", Alphabet::dotted, 60},
    TokenShape{"planetscale-token", "pscale_tkn_", Alphabet::base64url, 30},
    TokenShape{"planetscale-token", "pscale_pw_", Alphabet::base64url, 30},
    TokenShape{"supabase-token", "sbp_", Alphabet::hex, 40},
    TokenShape{"tailscale-key", "tskey-", Alphabet::base64url, 20},
    TokenShape{"notion-token", "ntn_", Alphabet::alnum, 40},
    TokenShape{"pulumi-token", "pul-", Alphabet::hex, 40},
    TokenShape{"fly-token", "FlyV1 ", Alphabet::base64, 40},
    TokenShape{"fly-token", "fo1_", Alphabet::base64url, 43},
    TokenShape{"buildkite-token", "bkua_", Alphabet::hex, 40},
    TokenShape{"circleci-token", "CCIPAT_", Alphabet::base64url, 40},
    TokenShape{"1password-token", "ops_eyJ", Alphabet::base64, 60},
    TokenShape{"age-key", "AGE-SECRET-KEY-1", Alphabet::upper_digit, 50},
    TokenShape{"artifactory-key", "AKCp", Alphabet::alnum, 60},
    TokenShape{"azure-key", "AccountKey=", Alphabet::base64, 40},
    TokenShape{"azure-key", "SharedAccessKey=", Alphabet::base64, 40},
    TokenShape{"bearer-token", "Bearer ", Alphabet::dotted, 16},
    TokenShape{"bearer-token", "bearer ", Alphabet::dotted, 16},
    TokenShape{"basic-auth", "Authorization: Basic ", Alphabet::base64, 8},
    TokenShape{"secret-token", "secret-token:", Alphabet::base64url, 8},  // RFC 8959
};

[[nodiscard]] constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

[[nodiscard]] constexpr bool in(Alphabet alphabet, char c) {
  switch (alphabet) {
    case Alphabet::alnum:
      return is_alnum(c);
    case Alphabet::upper_digit:
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    case Alphabet::digit:
      return c >= '0' && c <= '9';
    case Alphabet::hex:
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case Alphabet::base64url:
      return is_alnum(c) || c == '-' || c == '_';
    case Alphabet::base64:
      return is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
    case Alphabet::dotted:
      return is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '=' || c == '~' || c == '+' || c == '/';
  }
  return false;
}

// End of the run of `alphabet` that starts at `at`.
[[nodiscard]] std::size_t run_end(std::string_view text, std::size_t at, Alphabet alphabet) {
  while (at < text.size() && in(alphabet, text[at])) ++at;
  return at;
}

[[nodiscard]] std::optional<SecretHit> find_token(std::string_view text, std::size_t from,
                                                  const TokenShape& shape) {
  for (std::size_t at = text.find(shape.prefix, from); at != std::string_view::npos;
       at = text.find(shape.prefix, at + 1)) {
    // A letter before the prefix means that it is the middle of a longer word ("task_live_…").
    if (at > 0 && is_alnum(shape.prefix.front()) && is_alnum(text[at - 1])) continue;
    const std::size_t body = at + shape.prefix.size();
    const std::size_t end = run_end(text, body, shape.alphabet);
    const std::size_t size = end - body;
    if (shape.exact ? size == shape.least : size >= shape.least) return SecretHit{shape.kind, at, end};
  }
  return std::nullopt;
}

[[nodiscard]] std::optional<SecretHit> find_private_key(std::string_view text, std::size_t from) {
  constexpr std::string_view k_begin = "-----BEGIN ";
  for (std::size_t at = text.find(k_begin, from); at != std::string_view::npos;
       at = text.find(k_begin, at + 1)) {
    const std::size_t label = at + k_begin.size();
    const std::size_t close = text.find("-----", label);
    if (close == std::string_view::npos) return std::nullopt;
    if (text.substr(label, close - label).find("PRIVATE KEY") == std::string_view::npos) continue;
    // To the END line if it is there, else to the end of the text: a cut key is still a key.
    const std::size_t foot = text.find("-----END ", close);
    const std::size_t last = foot == std::string_view::npos ? foot : text.find("-----", foot + 9);
    return SecretHit{"private-key", at, last == std::string_view::npos ? text.size() : last + 5};
  }
  return std::nullopt;
}

// Header and payload of a JWT start with `{"`, which is "eyJ" in base64.
[[nodiscard]] std::optional<SecretHit> find_jwt(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("eyJ", from); at != std::string_view::npos; at = text.find("eyJ", at + 1)) {
    const std::size_t head = run_end(text, at, Alphabet::base64url);
    if (head - at < 10 || text.substr(head, 4) != ".eyJ") continue;
    const std::size_t body = run_end(text, head + 1, Alphabet::base64url);
    if (body >= text.size() || text[body] != '.') continue;
    return SecretHit{"jwt", at, run_end(text, body + 1, Alphabet::base64url)};
  }
  return std::nullopt;
}

// scheme://user:password@host
[[nodiscard]] std::optional<SecretHit> find_url_password(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find("://", from); at != std::string_view::npos; at = text.find("://", at + 1)) {
    const std::size_t begin = at + 3;
    const std::size_t end = text.find_first_of("/?# \t\r\n\"'<>", begin);
    const std::string_view authority = text.substr(begin, end == std::string_view::npos ? end : end - begin);
    const std::size_t sign = authority.rfind('@');
    if (sign == std::string_view::npos) continue;
    const std::size_t colon = authority.substr(0, sign).find(':');
    if (colon == std::string_view::npos || colon + 1 == sign || authority[colon + 1] == '[') continue;
    return SecretHit{"url-password", begin + colon + 1, begin + sign};
  }
  return std::nullopt;
}

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] bool ends_with_no_case(std::string_view text, std::string_view tail) {
  if (text.size() < tail.size()) return false;
  text.remove_prefix(text.size() - tail.size());
  for (std::size_t i = 0; i < tail.size(); ++i) {
    if (lower(text[i]) != tail[i]) return false;
  }
  return true;
}

// `…password=value` as in arguments, environment lines and URL queries.
[[nodiscard]] std::optional<SecretHit> find_assignment(std::string_view text, std::size_t from) {
  constexpr std::array<std::string_view, 14> k_names{
      "password", "passwd",  "pwd",        "passphrase", "secret",      "token",     "api_key",
      "apikey",   "api-key", "access_key", "access-key", "private_key", "signature", "secretaccesskey"};
  constexpr std::size_t k_least = 6;
  for (std::size_t at = text.find('=', from); at != std::string_view::npos; at = text.find('=', at + 1)) {
    bool named = false;
    for (const std::string_view name : k_names) named = named || ends_with_no_case(text.substr(0, at), name);
    if (!named) continue;
    const std::size_t begin = at + 1;
    std::size_t end = text.find_first_of(" \t\r\n&;,\"'", begin);
    if (end == std::string_view::npos) end = text.size();
    // Too short to be one, or a reference or a mask instead of a value.
    if (end - begin < k_least || std::string_view("$<[{*%").find(text[begin]) != std::string_view::npos)
      continue;
    return SecretHit{"assignment", begin, end};
  }
  return std::nullopt;
}

void keep_first(std::optional<SecretHit>& best, const std::optional<SecretHit>& candidate) {
  if (candidate && (!best || candidate->begin < best->begin)) best = candidate;
}

[[nodiscard]] std::string to_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = 1;
    while (size <= 4 && at + size <= text.size() && !is_utf8(text.substr(at, size))) ++size;
    const bool good = size <= 4 && at + size <= text.size();
    if (good) {
      out += text.substr(at, size);
      at += size;
    } else {
      out += "\xEF\xBF\xBD";
      ++at;
    }
  }
  return out;
}

[[nodiscard]] Status check_text(std::string_view text, const std::string& pointer) {
  const auto hit = find_secret(text);
  if (!hit) return {};
  return fail(ErrorKind::invalid, "attest.secret-in-payload",
              "the statement holds what looks like a secret (" + std::string(hit->kind) + ") at " +
                  (pointer.empty() ? "/" : pointer) + "; it was not signed",
              "remove the secret from the build's inputs, and revoke it if it is real");
}

[[nodiscard]] Status check_value(const json::Value& value, const std::string& pointer) {
  if (const std::string* text = value.as_string()) return check_text(*text, pointer);
  if (const json::Array* array = value.as_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      SLUICE_CHECK(check_value((*array)[i], pointer + "/" + std::to_string(i)));
    }
  } else if (const json::Object* object = value.as_object()) {
    std::size_t index = 0;
    for (const json::Member& member : object->members()) {
      // The key itself may be the secret: then it must not be printed either.
      SLUICE_CHECK(check_text(member.key, pointer + "/<key " + std::to_string(index++) + ">"));
      SLUICE_CHECK(check_value(member.value, pointer + "/" + member.key));
    }
  }
  return {};
}

}  // namespace

std::optional<SecretHit> find_secret(std::string_view text, std::size_t from) {
  std::optional<SecretHit> best;
  for (const TokenShape& shape : k_tokens) keep_first(best, find_token(text, from, shape));
  keep_first(best, find_private_key(text, from));
  keep_first(best, find_jwt(text, from));
  keep_first(best, find_url_password(text, from));
  keep_first(best, find_assignment(text, from));
  return best;
}

std::string clean_text(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (const auto hit = find_secret(text, at)) {
    out += text.substr(at, hit->begin - at);
    out += "[redacted:" + std::string(hit->kind) + "]";
    at = hit->end;
  }
  out += text.substr(at);
  return to_utf8(out);
}

Status check_no_secrets(const json::Value& value) {
  return check_value(value, "");
}

}  // namespace sluice::attest

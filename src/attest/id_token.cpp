#include "attest/id_token.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "attest/internal/der.h"

namespace sluice::attest {
namespace {

constexpr std::size_t k_p256_bytes = 32;
constexpr json::Limits k_limits{64u << 10, 16, 4096};

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), std::move(message));
}

[[nodiscard]] tl::unexpected<Error> bad_jwks(std::string_view name, std::string message) {
  return fail(ErrorKind::invalid, "attest.jwks", std::string(name) + ": " + std::move(message));
}

// RFC 7515 leaves the padding out, and it must not be there.
[[nodiscard]] std::optional<Bytes> from_base64url(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return std::nullopt;
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  auto bytes = from_base64(padded, Base64::url);
  if (!bytes) return std::nullopt;
  return std::move(*bytes);
}

[[nodiscard]] Result<PublicKey> rsa_key(const json::Value& jwk, std::string_view name) {
  const auto modulus = from_base64url(jwk.string_at("n"));
  const auto exponent = from_base64url(jwk.string_at("e"));
  if (!modulus || modulus->empty() || !exponent || exponent->empty() || modulus->size() > 1024 ||
      exponent->size() > 8)
    return bad_jwks(name, "an RSA key without a sound n and e");
  return PublicKey::from_pkcs1_der(
      internal::der('\x30', internal::der_number(*modulus) + internal::der_number(*exponent)),
      KeyAlgorithm::rsa_pkcs1);
}

[[nodiscard]] Result<PublicKey> p256_key(const json::Value& jwk, std::string_view name) {
  // SubjectPublicKeyInfo of id-ecPublicKey with prime256v1, up to the point.
  constexpr std::array<unsigned char, 27> k_prefix{0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
  const auto x = from_base64url(jwk.string_at("x"));
  const auto y = from_base64url(jwk.string_at("y"));
  if (!x || !y || x->size() != k_p256_bytes || y->size() != k_p256_bytes)
    return bad_jwks(name, "a P-256 key without a sound x and y");
  return PublicKey::from_der(Bytes(k_prefix.begin(), k_prefix.end()) + *x + *y);
}

// Nothing for keys that sign no tokens of the kinds that we read.
[[nodiscard]] Result<std::optional<PublicKey>> key_of(const json::Value& jwk, std::string_view name) {
  const std::string_view type = jwk.string_at("kty");
  const std::string_view use = jwk.string_at("use");
  const std::string_view algorithm = jwk.string_at("alg");
  if (!use.empty() && use != "sig") return std::optional<PublicKey>();
  if (type == "RSA" && (algorithm.empty() || algorithm == "RS256"))
    return std::optional(SLUICE_TRY(rsa_key(jwk, name)));
  if (type == "EC" && jwk.string_at("crv") == "P-256" && (algorithm.empty() || algorithm == "ES256"))
    return std::optional(SLUICE_TRY(p256_key(jwk, name)));
  return std::optional<PublicKey>();
}

[[nodiscard]] Result<json::Object> part(std::string_view text, const char* what) {
  const auto bytes = from_base64url(text);
  // The parser's own message would show a piece of the text.
  auto value = bytes ? json::parse(*bytes, "token", k_limits) : Result<json::Value>(refuse("", ""));
  if (!value || value->as_object() == nullptr) {
    const std::string why = value || value.error().code.empty() ? "" : " (" + value.error().code + ")";
    return refuse("attest.id-token", std::string("the token's ") + what + " is no strict JSON object" + why);
  }
  return std::move(*value->as_object());
}

// ES256 signatures are r ‖ s; PublicKey takes DER.
[[nodiscard]] Result<Bytes> usable_signature(const PublicKey& key, Bytes raw) {
  if (key.algorithm() != KeyAlgorithm::ecdsa_p256) return raw;
  if (raw.size() != 2 * k_p256_bytes)
    return refuse("attest.signature", "the token's signature has a wrong size");
  return internal::der_ecdsa(raw);
}

[[nodiscard]] Result<const TokenKey*> choose_key(const json::Value& header,
                                                 const std::vector<TokenKey>& keys) {
  const json::Value* kid = header.find("kid");
  if (kid == nullptr) {
    if (keys.size() == 1) return &keys.front();
    return refuse("attest.id-token-key", "the token does not say which of the issuer's keys signed it");
  }
  if (kid->as_string() == nullptr) return refuse("attest.id-token", "the token's kid is no string");
  for (const TokenKey& key : keys) {
    if (key.id == *kid->as_string()) return &key;
  }
  return refuse("attest.id-token-key", "the issuer has no key of the token's kid");
}

[[nodiscard]] Status check_header(const json::Value& header, const TokenKey& key) {
  const std::string_view wanted = key.key.algorithm() == KeyAlgorithm::ecdsa_p256 ? "ES256" : "RS256";
  if (header.string_at("alg") != wanted)
    return refuse("attest.id-token-algorithm",
                  "the token is not of the key's algorithm " + std::string(wanted));
  if (header.find("crit") != nullptr || header.find("b64") != nullptr)
    return refuse("attest.id-token", "the token demands an extension that is not known");
  return {};
}

[[nodiscard]] bool is_for(const json::Value& claims, const std::string& audience) {
  const json::Value* aud = claims.find("aud");
  if (aud == nullptr || audience.empty()) return false;
  if (aud->as_string() != nullptr) return *aud->as_string() == audience;
  const json::Array* list = aud->as_array();
  return list != nullptr && std::any_of(list->begin(), list->end(), [&](const json::Value& one) {
           return one.as_string() != nullptr && *one.as_string() == audience;
         });
}

[[nodiscard]] Status check_times(const json::Value& claims, std::chrono::sys_seconds now) {
  const std::int64_t at = now.time_since_epoch().count();
  const std::int64_t skew = k_id_token_skew.count();
  const json::Value* expires = claims.find("exp");
  if (expires == nullptr || expires->as_int() == nullptr)
    return refuse("attest.id-token", "the token does not say when it expires");
  if (*expires->as_int() < at - skew) return refuse("attest.id-token-time", "the token has expired");
  for (const char* name : {"nbf", "iat"}) {
    const json::Value* from = claims.find(name);
    if (from == nullptr) continue;
    if (from->as_int() == nullptr)
      return refuse("attest.id-token", std::string("the token's ") + name + " is no number");
    if (*from->as_int() > at + skew) return refuse("attest.id-token-time", "the token is not valid yet");
  }
  return {};
}

}  // namespace

Result<std::vector<TokenKey>> parse_jwks(std::string_view text, std::string_view name) {
  if (text.size() > k_max_jwks_bytes) return bad_jwks(name, "too large");
  const json::Value root = SLUICE_TRY(json::parse(text, name));
  const json::Value* keys = root.find("keys");
  if (keys == nullptr || keys->as_array() == nullptr || keys->as_array()->size() > k_max_jwks_keys)
    return bad_jwks(name, "no list of keys, or too long a one");
  std::vector<TokenKey> out;
  std::set<std::string> ids;
  for (const json::Value& jwk : *keys->as_array()) {
    if (jwk.as_object() == nullptr) return bad_jwks(name, "a key is no object");
    if (jwk.find("d") != nullptr) return bad_jwks(name, "it holds a private key");
    const std::string id(jwk.string_at("kid"));
    if (!ids.insert(id).second) return bad_jwks(name, "two keys have one kid");
    auto key = SLUICE_TRY(key_of(jwk, name));
    if (key) out.push_back({id, *std::move(key)});
  }
  if (out.empty()) return bad_jwks(name, "no key that signs RS256 or ES256");
  return out;
}

Result<json::Object> verify_id_token(std::string_view token, const std::vector<TokenKey>& keys,
                                     const TokenDemand& demand) {
  if (token.size() > k_max_id_token_bytes) return refuse("attest.id-token", "the token is too large");
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return refuse("attest.id-token", "the token has not three parts");
  const json::Value header = SLUICE_TRY(part(token.substr(0, first), "header"));
  const TokenKey* key = SLUICE_TRY(choose_key(header, keys));
  SLUICE_CHECK(check_header(header, *key));
  auto raw = from_base64url(token.substr(second + 1));
  if (!raw) return refuse("attest.id-token", "the token's signature is no base64url");
  const Bytes signature = SLUICE_TRY(usable_signature(key->key, std::move(*raw)));
  SLUICE_CHECK(key->key.verify(token.substr(0, second), signature));

  json::Object claims = SLUICE_TRY(part(token.substr(first + 1, second - first - 1), "claims"));
  const json::Value view(claims);
  if (demand.issuer.empty() || view.string_at("iss") != demand.issuer)
    return refuse("attest.id-token-issuer", "the token is not of the issuer " + demand.issuer);
  if (!is_for(view, demand.audience))
    return refuse("attest.id-token-audience", "the token is not made for the audience " + demand.audience);
  SLUICE_CHECK(check_times(view, demand.now));
  return claims;
}

}  // namespace sluice::attest

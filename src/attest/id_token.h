// Identity tokens of CI platforms (OpenID Connect): signed JSON Web Tokens (RFC 7515, 7519) that say which
// repository, ref, commit and run a job is.
//
// The algorithm comes from the key: RSA keys make RS256, P-256 keys ES256, nothing else is read, and a header
// that says otherwise is refused. A token is a secret while it is valid: no error ever shows a part of it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "attest/keys.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_id_token_bytes = 32u << 10;
inline constexpr std::size_t k_max_jwks_bytes = 256u << 10;
inline constexpr std::size_t k_max_jwks_keys = 64;
inline constexpr std::chrono::seconds k_id_token_skew{60};

struct TokenKey {
  std::string id;  // `kid`; empty if the set has it not
  PublicKey key;
};

// A JSON Web Key Set (RFC 7517). Keys of other types and uses are passed over; two of one `kid` are refused,
// as which of them is meant would be a guess. Codes: attest.jwks (malformed, none left), and those of
// PublicKey.
[[nodiscard]] Result<std::vector<TokenKey>> parse_jwks(std::string_view text, std::string_view name);

struct TokenDemand {
  std::string issuer;    // exact
  std::string audience;  // exact; one of the token's
  std::chrono::sys_seconds now{};
};

// The claims of a token that one of the keys signed, for this audience, valid now. Codes:
//   attest.id-token            not a JWS of three parts, not strict JSON, `crit`, no `exp`
//   attest.id-token-algorithm  not the one that goes with the key
//   attest.id-token-key        no key of the set is meant (`kid`), or the token names none of several
//   attest.signature
//   attest.id-token-issuer, attest.id-token-audience, attest.id-token-time
[[nodiscard]] Result<json::Object> verify_id_token(std::string_view token, const std::vector<TokenKey>& keys,
                                                   const TokenDemand& demand);

}  // namespace sluice::attest

// The last guard before a signature: no text that looks like a credential goes into a signed statement,
// because signed evidence is copied to places where nobody can take it back.
//
// Shapes of tokens only (issuer prefixes, PEM private keys, JWTs, passwords in URLs, `password=…`), no
// entropy guesses: a digest or a commit id is random too, and a filter that cries wolf gets switched off.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::attest {

struct SecretHit {
  std::string_view kind;  // "github-token", "private-key", …; never the secret itself
  std::size_t begin = 0;  // bytes in the text
  std::size_t end = 0;
};

// The first hit at or after `from`, by begin; nullopt if there is none.
[[nodiscard]] std::optional<SecretHit> find_secret(std::string_view text, std::size_t from = 0);

// The text with each hit replaced by "[redacted:<kind>]", and with bytes that are not UTF-8 replaced by
// U+FFFD, so that it can stand in JSON. For foreign text (messages, paths) on its way into a statement.
[[nodiscard]] std::string clean_text(std::string_view text);

// Checks every string and every key of the value. Code: attest.secret-in-payload; the message says where (a
// JSON pointer) and what kind, never the value.
[[nodiscard]] Status check_no_secrets(const json::Value& value);

}  // namespace sluice::attest

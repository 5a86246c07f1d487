// What names and texts look like secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"

namespace sluice::checks::docker {

// "openai_api_key", "DB_PASSWORD"; not "PUBLIC_KEY", "PASSWORD_FILE", "GPG_KEY" (a fingerprint), "KEYBOARD".
[[nodiscard]] bool is_secret_name(std::string_view name);

// A file that holds secrets by its name: "id_rsa", ".env", "server.key".
[[nodiscard]] bool is_secret_file(std::string_view path);

struct SecretText {
  std::string what;  // "an AWS access key id"
  std::size_t begin = 0;
  std::size_t end = 0;
};
// Tokens of known shape in a text, in order. Never returns the text itself: findings must not repeat secrets.
[[nodiscard]] std::vector<SecretText> find_secrets(std::string_view text);

// A value that is no secret: empty, a placeholder ("changeme" is a secret all the same), a path, a variable.
[[nodiscard]] bool is_harmless_value(std::string_view value);

// "https://user:password@host": the place of the password.
[[nodiscard]] std::optional<Span> url_password(std::string_view text, std::size_t from = 0);

}  // namespace sluice::checks::docker

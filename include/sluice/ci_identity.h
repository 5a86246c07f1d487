// CiIdentity: what the pipeline says about itself, each field with its origin. Plain data; made by src/ci.
//
// Environment variables are claims of the job itself: any earlier step can set them. Hence the origin of each
// field, so that a policy can demand better than `env`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

enum class CiKind : std::uint8_t { none, github, gitlab, jenkins };
enum class Origin : std::uint8_t { observed, env, platform_api, oidc };

struct CiField {
  std::string name;  // "repository", "ref", "commit", "run_id", "run_attempt", "actor", "event", "workflow",
                     // "runner", …
  std::string value;
  Origin origin = Origin::env;
};

// Where the platform's token and something else disagree.
struct CiConflict {
  std::string field;
  std::string token;  // what the token says …
  std::string other;  // … and what `origin` says
  Origin origin = Origin::env;
};

// Whether an identity token was asked for, and what became of it.
enum class TokenState : std::uint8_t { not_asked, verified, failed };
[[nodiscard]] std::string_view to_string(TokenState state);  // "not-asked", "verified", "failed"

struct CiIdentity {
  CiKind kind = CiKind::none;
  TokenState token = TokenState::not_asked;
  std::string token_issuer;           // of a verified token
  std::string token_code;             // why it failed …
  std::string token_problem;          // … in words; never a part of the token
  std::vector<CiConflict> conflicts;  // sorted by field
  std::vector<CiField> fields;        // sorted by name, names unique, values never empty

  [[nodiscard]] std::string_view get(std::string_view name) const {
    for (const CiField& field : fields) {
      if (field.name == name) return field.value;
    }
    return {};
  }
};

[[nodiscard]] std::string_view to_string(CiKind kind);    // "none", "github", …
[[nodiscard]] std::string_view to_string(Origin origin);  // "observed", "env", "platform-api", "oidc"

}  // namespace sluice

// Whose name and password a registry is shown: from the environment, or as docker and podman keep them.
//
// A credential goes to the host that it was stored for and to nobody else.
#pragma once

#include <string>
#include <string_view>

#include "base/effects.h"
#include "base/result.h"

namespace sluice::remote {

inline constexpr std::size_t k_max_credential_file = 1u << 20;

struct Credential {
  std::string username;
  std::string password;
  std::string identity_token;  // OAuth2 refresh token; then the other two do not count
  [[nodiscard]] bool empty() const { return username.empty() && identity_token.empty(); }
};

// Looked up in this order, the first that knows the host wins; none is a credential that is empty.
//   1. SLUICE_REGISTRY_USERNAME and SLUICE_REGISTRY_PASSWORD, only if SLUICE_REGISTRY names this very host
//   2. $REGISTRY_AUTH_FILE (podman), else $DOCKER_CONFIG/config.json, else $HOME/.docker/config.json:
//      credHelpers, then credsStore, then auths; the entry with the longest matching repository wins
// Helpers are looked up in the absolute folders of PATH only, and run without a shell. Codes:
// remote.credential-file (cannot be read or understood), remote.credential-helper.
[[nodiscard]] Result<Credential> find_credential(std::string_view host, std::string_view repository,
                                                 const Environment& environment, ProcessRunner& processes);

// For tests and fuzzing: the entry of `auths` in a config.json, without any helper. Codes as above.
[[nodiscard]] Result<Credential> credential_in(std::string_view config_json, std::string_view host,
                                               std::string_view repository);

}  // namespace sluice::remote

// What a verified identity token says, put into the words of CiIdentity. The token goes before the
// environment: only the platform can have written it.
//
// GitHub: https://docs.github.com/actions/reference/openid-connect-reference; GitLab:
// https://docs.gitlab.com/ci/secrets/id_token_authentication. A token of another issuer is read by the claims
// it has; names that both do not know are left out.
#pragma once

#include <string>

#include "base/json.h"
#include "sluice/ci_identity.h"

namespace sluice::ci {

// Sets the fields that the claims tell, with origin `oidc`, and notes where the environment says otherwise.
// `issuer` as verified.
void apply_claims(const json::Value& claims, const std::string& issuer, CiIdentity& identity);

}  // namespace sluice::ci

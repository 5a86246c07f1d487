// What a platform put into a signer's certificate against what the signed provenance says: a tenant can write
// any provenance, but not these extensions. Findings for policy; nothing is refused here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/verify_bundle.h"

namespace sluice::attest {

struct ClaimConflict {
  std::string claim;        // name as in VerifiedBundle::claims
  std::string certificate;  // what the certificate says
  std::string document;     // what the provenance says
};

// For SLSA provenance v1 and v0.2 under a certificate with Fulcio's claims: source repository, its commit and
// ref, and the builder. Fields that the document leaves out conflict with nothing; with other statements the
// list is empty.
[[nodiscard]] std::vector<ClaimConflict> claim_conflicts(const VerifiedBundle& bundle);

// Names in externalParameters that the build type does not define ("verifiers SHOULD reject unknown fields");
// nullopt if the build type is not one of those that we know (ours, and GitHub's workflow/v1), since then
// nothing can be said.
[[nodiscard]] std::optional<std::vector<std::string>> unknown_parameters(const json::Value& provenance);

}  // namespace sluice::attest

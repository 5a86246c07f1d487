#include <set>

#include "attest/predicates.h"
#include "attest/secret_filter.h"
#include "base/digest.h"

namespace sluice::attest {
namespace {

// VSA: "SLSA_" belongs to the standard, which has SLSA_<TRACK>_LEVEL_<n> and SLSA_<TRACK>_LEVEL_UNEVALUATED;
// names outside of it are free.
[[nodiscard]] Status check_level(std::string_view level) {
  constexpr std::string_view k_middle = "_LEVEL_";
  bool right = !level.empty();
  if (level.starts_with("SLSA_")) {
    const auto at = level.find(k_middle);
    const std::string_view last =
        at == std::string_view::npos ? std::string_view() : level.substr(at + k_middle.size());
    right = at > 5 && (last == "UNEVALUATED" || (last.size() == 1 && last >= "0" && last <= "9"));
  }
  if (right) return {};
  return fail(ErrorKind::internal, "attest.level",
              "\"" + std::string(level) + "\" is no level that a summary may state");
}

[[nodiscard]] json::Object reason_json(const Reason& reason) {
  json::Object out{{"control", clean_text(reason.control)},
                   {"status", to_string(reason.status)},
                   {"message", clean_text(reason.message)}};
  if (!reason.remedy.empty()) out.set("remedy", clean_text(reason.remedy));
  return out;
}

}  // namespace

Result<json::Object> verdict_predicate(const VerdictInput& input) {
  const Verdict& verdict = input.verdict;
  if (input.resource_uri.empty()) {
    return fail(ErrorKind::internal, "attest.resource-uri",
                "a verification summary needs the resource's URI");
  }
  std::set<std::string> used(input.inputs.begin(), input.inputs.end());
  json::Array reasons;
  for (const Reason& reason : verdict.reasons) {
    used.insert(reason.evidence.begin(), reason.evidence.end());
    reasons.emplace_back(reason_json(reason));
  }
  json::Array attestations;
  for (const std::string& digest : used) {
    const Digest parsed = SLUICE_TRY(Digest::parse_oci(digest));
    attestations.emplace_back(json::Object{{"digest", json::Object{{"sha256", parsed.hex()}}}});
  }
  const bool passed = verdict.outcome == Outcome::allow;
  json::Array levels;
  for (const std::string& level : input.levels) {
    SLUICE_CHECK(check_level(level));
    // A failed verification has verified no level.
    if (passed) levels.emplace_back(level);
  }

  json::Object policy{{"uri", clean_text(verdict.policy_path)}};
  if (!verdict.policy_sha256.empty()) policy.set("digest", json::Object{{"sha256", verdict.policy_sha256}});
  json::Object out{{"verifier", json::Object{{"id", input.verifier_id},
                                             {"version", json::Object{{"sluice", input.tool_version}}}}},
                   {"timeVerified", verdict.time},
                   {"resourceUri", clean_text(input.resource_uri)},
                   {"policy", std::move(policy)}};
  // Non-empty means "these are all": so it is left out when there are none.
  if (!attestations.empty()) out.set("inputAttestations", std::move(attestations));
  out.set("verificationResult", passed ? "PASSED" : "FAILED");
  out.set("verifiedLevels", std::move(levels));
  out.set("slsaVersion", "1.1");
  out.set("sluice_stage", clean_text(verdict.stage));
  out.set("sluice_outcome", to_string(verdict.outcome));
  out.set("sluice_reasons", std::move(reasons));
  return out;
}

}  // namespace sluice::attest

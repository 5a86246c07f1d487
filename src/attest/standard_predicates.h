// Predicates of other people's specifications that Sluice makes: software bills of materials, vulnerability
// reports, simple verification results, releases and links. Pure: values in, JSON objects out. Each result
// passes check_predicate (predicate_shape.h). Field by field in docs/formats/standard.md.
//
//   make_statement(subjects, predicate::k_spdx, SLUICE_TRY(spdx_predicate(document)))
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "attest/digest_set.h"
#include "attest/predicates.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_sbom_bytes = 15u << 20;  // room for the statement around it
inline constexpr std::size_t k_max_link_items = 200'000;    // materials of one step

// The document itself is the predicate, as its tool wrote it, if it is what the type says: SPDX 2.3 in JSON;
// CycloneDX 1.4 to 1.6 in JSON. Codes: attest.sbom-size, attest.predicate-shape (another version, a required
// member missing), and those of json::parse.
[[nodiscard]] Result<json::Object> spdx_predicate(BytesView document);
[[nodiscard]] Result<json::Object> cyclonedx_predicate(BytesView document);

// in-toto vulns v0.2. An empty list says that the scanner found nothing, so it must really have looked:
// scanner and database time are required.
struct VulnerabilityScore {
  std::string method;  // "cvss_v3", "severity", …
  std::string score;
};
struct Vulnerability {
  std::string id;
  std::vector<VulnerabilityScore> severity;                      // at least one
  std::vector<std::pair<std::string, std::string>> annotations;  // package, installed and fixed version, …
};
struct VulnsInput {
  std::string scanner_uri;
  std::string scanner_version;
  std::string database_uri;
  std::string database_version;
  std::chrono::sys_seconds database_updated{};
  std::vector<Vulnerability> vulnerabilities;
  std::chrono::sys_seconds started_on{};
  std::chrono::sys_seconds finished_on{};
};
// Codes: attest.predicate-shape, attest.predicate-time (a time is missing, or the scan ends before it
// begins).
[[nodiscard]] Result<json::Object> vulns_predicate(const VulnsInput& input);

// in-toto SVR v0.2: the properties that a verifier has found to hold. `policies` is always written, empty or
// not.
struct PolicyReference {
  std::string uri;
  DigestSet digest;  // may be empty
};
struct SvrInput {
  std::string verifier_id = std::string(k_verifier_id);
  std::vector<PolicyReference> policies;
  std::chrono::sys_seconds time{};
  std::vector<std::string> properties;  // "SLSA_BUILD_LEVEL_1", "SLUICE_STAGE_PRODUCTION", …; unique
};
// Codes: attest.predicate-shape, attest.predicate-time, attest.digest-form, attest.level.
[[nodiscard]] Result<json::Object> svr_predicate(const SvrInput& input);
// Of a verdict: only one that allows has properties (SLUICE_STAGE_<NAME>, and the levels).
[[nodiscard]] Result<json::Object> svr_predicate(const VerdictInput& input);

// in-toto release v0.1. `purl` must be a package URL with a version. Code: attest.purl.
[[nodiscard]] Result<json::Object> release_predicate(std::string_view purl, std::string_view package_id = {});

// in-toto link v0.3: one step, its command, what it read; its products are the statement's subjects.
struct Material {
  std::string name;  // unique
  DigestSet digest;
};
struct LinkInput {
  std::string name;
  std::vector<std::string> command;  // redacted by the caller; each passes clean_text
  std::vector<Material> materials;
  json::Object byproducts;   // return-value, duration, …
  json::Object environment;  // names, and values by allow-list only
};
// Codes: attest.predicate-shape, attest.link-material (no name, or one name twice), attest.digest-empty,
// attest.digest-form, attest.predicate-limit.
[[nodiscard]] Result<json::Object> link_predicate(const LinkInput& input);

}  // namespace sluice::attest

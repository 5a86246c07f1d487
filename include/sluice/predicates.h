// The predicate types Sluice makes and reads, and the shape of our own. One place, because attest writes what
// policy reads. Shapes in docs/formats/.
#pragma once

#include <string_view>

namespace sluice::predicate {

inline constexpr std::string_view k_provenance = "https://slsa.dev/provenance/v1";
inline constexpr std::string_view k_test_result = "https://in-toto.io/attestation/test-result/v0.1";
inline constexpr std::string_view k_runtime_trace = "https://in-toto.io/attestation/runtime-trace/v0.2";
inline constexpr std::string_view k_verdict = "https://slsa.dev/verification_summary/v1";

// Statements that others read and make too (docs/formats/standard.md).
inline constexpr std::string_view k_spdx = "https://spdx.dev/Document/v2.3";
inline constexpr std::string_view k_cyclonedx = "https://cyclonedx.org/bom";
inline constexpr std::string_view k_vulns = "https://in-toto.io/attestation/vulns/v0.2";
inline constexpr std::string_view k_svr = "https://in-toto.io/attestation/svr/v0.2";
inline constexpr std::string_view k_release = "https://in-toto.io/attestation/release/v0.1";
inline constexpr std::string_view k_link = "https://in-toto.io/attestation/link/v0.3";

// Our scan predicate (docs/formats/scan.md); its subject is the source tree (gitTree, and gitCommit when it
// is clean). Policy reads `findings` (severity, status), `gaps` (what was not analysed) and `analysed` (files
// by analyser).
inline constexpr std::string_view k_scan = "https://sluice.dev/attestation/scan/v1";

// Our hardening predicate (docs/formats/hardening.md); its subject is the image. Policy reads `verified`,
// `matrix[].holds`, `profile` and `controls`.
inline constexpr std::string_view k_hardening = "https://sluice.dev/attestation/hardening/v1";

// Our build type (docs/formats/provenance.md). Policy reads externalParameters.source.{repository,ref},
// internalParameters.source.dirty, resolvedDependencies[].digest and runDetails.builder.id.
inline constexpr std::string_view k_build_type = "https://sluice.dev/buildtypes/pipeline/v1";

// Vendor fields: a VSA carries "sluice_stage" and "sluice_outcome"; a test-result carries "sluice_cases",
// which tells cases that could not be judged from failed ones, and "sluice_finishedOn", since the predicate
// has no time.

}  // namespace sluice::predicate

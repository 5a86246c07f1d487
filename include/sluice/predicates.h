// The predicate types Sluice makes and reads, and the shape of our own. One place, because attest writes what
// policy reads. Shapes in docs/formats/.
#pragma once

#include <string_view>

namespace sluice::predicate {

inline constexpr std::string_view k_provenance = "https://slsa.dev/provenance/v1";
inline constexpr std::string_view k_test_result = "https://in-toto.io/attestation/test-result/v0.1";
inline constexpr std::string_view k_verdict = "https://slsa.dev/verification_summary/v1";

// Our scan predicate (docs/formats/scan.md); its subject is the source tree (gitTree, and gitCommit when it
// is clean). Policy reads `findings` (severity, status), `gaps` (what was not analysed) and `analysed` (files
// by analyser).
inline constexpr std::string_view k_scan = "https://sluice.dev/attestation/scan/v1";

// Our build type (docs/formats/provenance.md). Policy reads externalParameters.source.{repository,ref},
// internalParameters.source.dirty, resolvedDependencies[].digest and runDetails.builder.id.
inline constexpr std::string_view k_build_type = "https://sluice.dev/buildtypes/pipeline/v1";

// Vendor fields: a VSA carries "sluice_stage" and "sluice_outcome"; a test-result carries "sluice_cases",
// which tells cases that could not be judged from failed ones, and "sluice_finishedOn", since the predicate
// has no time.

}  // namespace sluice::predicate

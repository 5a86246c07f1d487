// The predicates of the statements that Sluice makes: plain values in, JSON objects out. Pure; nothing is
// read from the machine. Foreign text (messages, paths, names) goes through clean_text on its way in.
//
//   make_statement(subjects, predicate::k_scan, scan_predicate(…))  →  sign_statement(bytes, key)
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "attest/digest_set.h"
#include "base/json.h"
#include "base/result.h"
#include "sluice/ci_identity.h"
#include "sluice/hardening.h"
#include "sluice/predicates.h"
#include "sluice/report.h"
#include "sluice/runtime_trace.h"
#include "sluice/source_record.h"
#include "sluice/test_result.h"
#include "sluice/verdict.h"

namespace sluice::attest {

// The verifier.id of a verification summary, unless the configuration names another.
inline constexpr std::string_view k_verifier_id = "https://sluice.dev/gate";

// Something a build used: base image, lock-file package, tool.
struct Dependency {
  std::string name;
  std::string uri;  // "pkg:docker/debian@sha256:…", "git+https://…@refs/heads/main"
  DigestSet digest;
};

// SLSA provenance v1 with our own build type; every field is documented in docs/formats/provenance.md.
struct ProvenanceInput {
  SourceRecord source;
  CiIdentity ci;
  std::string builder_id;    // URI from the configuration: who ran this; required
  std::string tool_version;  // of Sluice
  std::chrono::sys_seconds started_on{};
  std::chrono::sys_seconds finished_on{};
  json::Object parameters;  // what the caller of the build chose: Dockerfile, target, build arguments
  std::vector<Dependency> dependencies;  // besides the source itself
  std::vector<Dependency> byproducts;    // beside the outputs: the configuration, …
};
// Codes: attest.builder-id (missing or no URI), attest.digest-form.
[[nodiscard]] Result<json::Object> provenance_predicate(const ProvenanceInput& input);

// A repository URL in the one form that provenance records and policies compare: scp form ("git@host:a/b")
// becomes ssh://, the host is lower case, "/" and ".git" at the end and any credentials go. Empty stays
// empty.
[[nodiscard]] std::string canonical_repository(std::string_view url);

// Our scan result (docs/formats/scan.md). Findings are listed whole; coverage lists what was not analysed.
struct ScanInput {
  const Report& report;
  std::chrono::sys_seconds started_on{};
  std::chrono::sys_seconds finished_on{};
};
[[nodiscard]] json::Object scan_predicate(const ScanInput& input);

// in-toto test-result v0.1. A test that could not judge (error, skipped) never counts as passed: see
// docs/formats/test-result.md for the mapping. No test at all is FAILED.
[[nodiscard]] json::Object test_result_predicate(const TestReport& report, std::string_view tool_version);

// in-toto runtime-trace v0.2 (docs/formats/runtime-trace.md). A trace that was not observed says so: it must
// not be read as one of a program that did nothing.
[[nodiscard]] json::Object runtime_trace_predicate(const RuntimeTrace& trace, const TestReport& tests,
                                                   std::string_view tool_version);

// Our hardening predicate (docs/formats/hardening.md): what the hardening loop found and whether it was
// proven.
[[nodiscard]] json::Object hardening_predicate(const HardeningReport& report, const TestReport& tests,
                                               std::string_view tool_version);

// SLSA verification summary v1 of a verdict. `inputs` are the OCI digests ("sha256:…") of all evidence that
// was used; the ones named by the reasons are added. `resource_uri` names the artifact as its consumers ask
// for it.
struct VerdictInput {
  const Verdict& verdict;
  std::string resource_uri;
  std::vector<std::string> inputs;
  std::vector<std::string> levels;  // verified by the gate's own table, e.g. "SLSA_BUILD_LEVEL_1"
  std::string tool_version;
  std::string verifier_id = std::string(k_verifier_id);
};
// Codes: attest.resource-uri (empty), attest.level (not a level of its name space), attest.digest-form (an
// input).
[[nodiscard]] Result<json::Object> verdict_predicate(const VerdictInput& input);

}  // namespace sluice::attest

// One run of the gate: the state that its steps share. The steps themselves stand in gate_steps.cpp, their
// order in command_gate.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/keyring.h"
#include "cli/config.h"
#include "cli/context.h"
#include "cli/registries.h"
#include "cli/signer.h"
#include "image/image.h"
#include "sluice/ci_identity.h"
#include "sluice/hardening.h"
#include "sluice/report.h"
#include "sluice/runtime_trace.h"
#include "sluice/source_record.h"
#include "store/store.h"

namespace sluice::cli {

struct GateRun {
  const Arguments& arguments;
  Context& context;
  Config config;
  std::vector<const policy::Stage*> stages;
  std::optional<Signing> key;
  std::vector<Bytes> log_entries;  // of what was signed
  std::optional<attest::Keyring> keyring;
  std::optional<store::EvidenceStore> store;

  std::optional<SourceRecord> source;  // absent: not a git work tree
  CiIdentity ci;
  std::optional<ImageSource> image_source;  // owns what was fetched; outlives the image
  std::optional<image::Image> image;
  std::vector<Subject> subjects;  // what is promoted first, then the source tree
  std::chrono::sys_seconds started{};
  Report report;
  std::optional<RuntimeTrace> trace;         // if a test file has `observe`
  std::optional<HardeningReport> hardening;  // if a test file asks for it
  std::vector<Finding> test_findings;        // of the run and of manifests: about the image, not the source
  std::vector<RuleInfo> test_rules;
  std::vector<std::string> evidence_problems;  // what could not be fetched: unknown to every stage
  bool push_failed = false;

  [[nodiscard]] const Subject* tree() const;
};

// Each step does one thing and fails with a reason; what it could not judge is in the report or in the
// evidence.
[[nodiscard]] Status choose_stages(GateRun& run);
[[nodiscard]] Status open_keys_and_store(GateRun& run);
[[nodiscard]] Status read_identity(GateRun& run);
[[nodiscard]] Status scan_sources(GateRun& run);
[[nodiscard]] Status open_image(GateRun& run);
[[nodiscard]] Status test_image(GateRun& run);
[[nodiscard]] Status pull_from_registry(GateRun& run);
[[nodiscard]] Status store_evidence(GateRun& run);
[[nodiscard]] Status decide(GateRun& run);
[[nodiscard]] Status push_to_registry(GateRun& run);
[[nodiscard]] Status append_log(GateRun& run);  // of everything that was signed, in one batch

}  // namespace sluice::cli

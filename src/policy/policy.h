// Policy: what each stage demands of the evidence. Parsed from the `stages` of sluice.yaml; evaluated by
// evaluate.h.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/decode.h"
#include "base/result.h"
#include "sluice/finding.h"

namespace sluice::policy {

using std::chrono::milliseconds;

// deny: a failing control denies; warn: it is shown and does not (an unknown still is not clean: it is shown
// as warn).
enum class Level : std::uint8_t { deny, warn };

// What every control says of the evidence it rests on.
struct Source {
  std::string signed_by;                // role that the verifying key must have
  std::optional<milliseconds> max_age;  // older evidence does not count
  Level level = Level::deny;
};

struct FindingsControl {
  Source source{"scanner", {}, Level::deny};
  std::array<std::optional<std::int64_t>, 4> max{};  // by Severity; absent = no limit
};

struct CoverageControl {
  Source source{"scanner", {}, Level::deny};
  std::int64_t max_failed = 0;
  std::vector<std::string> analysers;  // each must have analysed at least one file
};

struct TestsControl {
  Source source{"tester", {}, Level::deny};
  std::int64_t min_passed = 1;
};

struct ProvenanceControl {
  Source source{"builder", {}, Level::deny};
  std::string builder;         // exact builder.id; empty = any that the key may claim
  std::string repository;      // exact; empty = any
  std::string branch;          // "main" → refs/heads/main; empty = any
  std::int64_t min_level = 1;  // SLSA Build level, from the verifier's own table of keys
  bool allow_dirty = false;
  // Repository, ref and commit must be known from the platform's identity token, without any conflict.
  bool need_identity = false;
};

// The signatures of the source's commits, as the provenance records them: judged in the job, by its signers.
struct CommitsControl {
  Source source{"builder", {}, Level::deny};
  bool whole_range = false;          // every commit since the last promoted one, not only the built one
  bool tag = false;                  // a verified annotated tag is at the commit
  std::vector<std::string> signers;  // exact; empty = all that the job's signers files name
  std::optional<std::int64_t> max;   // commits since the last promoted one
};

// What the tested container did (the runtime trace). A run that was not observed, or not wholly, is unknown.
struct RuntimeControl {
  Source source{"tester", {}, Level::deny};
  std::array<std::optional<std::int64_t>, 4> max{};  // by Severity; absent = no limit
  bool allow_losses = false;
};

// Some evidence about the subject itself is signed by the role named.
struct SignatureControl {
  Source source{"builder", {}, Level::deny};
};

// An earlier stage's verdict about the same subject, signed by a gate.
struct VerdictControl {
  Source source{"gate", {}, Level::deny};
  std::string stage;
};

struct Stage {
  std::string name;
  std::optional<FindingsControl> findings;
  std::optional<CoverageControl> coverage;
  std::optional<TestsControl> tests;
  std::optional<ProvenanceControl> provenance;
  std::optional<CommitsControl> commits;
  std::optional<RuntimeControl> runtime;
  std::optional<SignatureControl> signature;
  std::vector<VerdictControl> verdicts;
};

struct Policy {
  std::vector<Stage> stages;
  std::string path;    // of the file it came from, for verdicts
  std::string sha256;  // hex, of that file's bytes
  [[nodiscard]] const Stage* find(std::string_view stage) const;
};

// The `stages` sequence. A stage that demands nothing is refused (config.empty-stage): it would allow
// everything.
[[nodiscard]] Result<std::vector<Stage>> decode_stages(const decode::Document& document,
                                                       const yaml::Node& node);

}  // namespace sluice::policy

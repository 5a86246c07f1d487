#include <algorithm>

#include "attest/predicates.h"
#include "base/file.h"
#include "cli/evidence.h"
#include "cli/gate_run.h"
#include "cli/identity.h"
#include "cli/keys.h"
#include "cli/ledger_append.h"
#include "cli/registries.h"
#include "cli/runtime_findings.h"
#include "cli/scan_options.h"
#include "cli/source_judgement.h"
#include "cli/tests.h"
#include "git/source.h"
#include "policy/evaluate.h"
#include "policy/select.h"
#include "sandbox/engines/make_engine.h"
#include "sluice/predicates.h"

namespace sluice::cli {
namespace {

// Something about the source that stands in the report like a file that could not be analysed.
void note_gap(GateRun& run, std::string path, std::string analyser, std::string reason) {
  run.report.coverage.push_back(
      {std::move(path), std::move(analyser), CoverageStatus::failed, std::move(reason)});
}

std::string tree_name(const SourceRecord& source) {
  return source.remote.empty() ? "source" : source.remote;
}

// A clean tree is its commit; a dirty one is only what it holds now.
Subject tree_subject(const SourceRecord& source) {
  Subject out{SubjectKind::tree, tree_name(source), {}};
  const std::string& tree = source.dirty ? source.worktree_tree : source.tree;
  if (!tree.empty()) out.digest["gitTree"] = tree;
  if (!source.dirty && !source.commit.empty()) out.digest["gitCommit"] = source.commit;
  return out;
}

// With the manifest's descriptor when an image is promoted, so that registries list the evidence as its
// referrer.
store::SubjectRef promoted_ref(const GateRun& run) {
  const Subject& subject = run.subjects.front();
  if (!run.image) return subject_ref(subject);
  return subject_ref(subject, run.image->manifest_media_type(), run.image->manifest_bytes().size());
}

// The SLSA Build level that the evidence proves by the table of keys; empty without provenance that verifies.
std::vector<std::string> verified_levels(const Facts& facts) {
  int level = 0;
  for (const EvidenceFact& piece : facts.evidence) {
    const bool counts = piece.predicate_type == predicate::k_provenance && piece.signature.verified &&
                        !piece.signature.builder.empty() && !piece.subjects.empty() &&
                        policy::same_subject(piece.subjects.front(), facts.subjects.front());
    if (counts) level = std::max(level, piece.signature.max_level);
  }
  if (level == 0) return {};
  return {"SLSA_BUILD_LEVEL_" + std::to_string(level)};
}

Status store_verdict(GateRun& run, const Verdict& verdict, const Facts& facts) {
  std::vector<std::string> inputs;
  for (const EvidenceFact& piece : facts.evidence) {
    if (piece.signature.verified) inputs.push_back(piece.digest);
  }
  json::Object predicate = SLUICE_TRY(attest::verdict_predicate(
      {verdict, run.subjects.front().name, std::move(inputs), verified_levels(facts), SLUICE_VERSION}));
  const store::SubjectRef ref = promoted_ref(run);
  const Digest digest = SLUICE_TRY(sign_and_store(*run.store, run.key->options(), run.subjects.front(), ref,
                                                  predicate::k_verdict, std::move(predicate), facts.now));
  run.log_entries.push_back(ledger_entry(digest, predicate::k_verdict, ref.key));
  return {};
}

}  // namespace

const Subject* GateRun::tree() const {
  for (const Subject& subject : subjects) {
    if (subject.kind == SubjectKind::tree) return &subject;
  }
  return nullptr;
}

Status choose_stages(GateRun& run) {
  if (run.config.policy.stages.empty()) {
    return fail(ErrorKind::config, "config.no-stages",
                run.config.path.empty() ? "there is no sluice.yaml with a policy"
                                        : run.config.path + " names no stages",
                "write `stages` that say what each stage requires; see docs/configuration.md");
  }
  for (const std::string& name : run.arguments.values("stage")) {
    const policy::Stage* stage = run.config.policy.find(name);
    if (stage == nullptr) {
      return fail(ErrorKind::usage, "cli.unknown-stage", "the policy has no stage \"" + name + "\"",
                  "its first stage is \"" + run.config.policy.stages.front().name + "\"");
    }
    run.stages.push_back(stage);
  }
  if (run.stages.empty()) run.stages.push_back(&run.config.policy.stages.front());
  return {};
}

Status open_keys_and_store(GateRun& run) {
  run.keyring = SLUICE_TRY(load_keyring(run.config));
  if (run.config.signing) run.key = SLUICE_TRY(open_signing(run.config, run.context));
  run.store = SLUICE_TRY(store::EvidenceStore::open(run.config.resolve(run.config.evidence), true));
  return {};
}

Status read_identity(GateRun& run) {
  run.ci = SLUICE_TRY(read_ci_identity(run.config, run.context));
  if (run.ci.token == TokenState::failed)
    note_gap(run, ".", "identity", run.ci.token_problem + " [" + run.ci.token_code + "]");
  const std::string folder = run.config.directory.empty() ? "." : run.config.directory;
  auto source = git::read_source(folder);
  if (source) {
    run.source = std::move(*source);
    SystemProcessRunner runner;
    SLUICE_CHECK(judge_source(run.config, folder, run.arguments.value("since"), *run.source, runner));
    for (const std::string& line : run.source->unknowns) note_gap(run, ".", "git", line);
    return {};
  }
  // No repository is a fact that policy sees as missing evidence; a repository that cannot be read is a
  // failure.
  if (source.error().code != "git.not-found") return tl::unexpected(source.error());
  note_gap(run, ".", "git", source.error().message);
  return {};
}

Status scan_sources(GateRun& run) {
  std::vector<std::string> roots;
  for (const std::string& path : run.config.scan.paths) roots.push_back(run.config.resolve(path));
  const scan::Options options = SLUICE_TRY(make_scan_options(run.arguments, run.config, std::move(roots)));
  scan::Output output = SLUICE_TRY(scan::run(options));
  SLUICE_CHECK(check_rule_settings(output, run.config, options));
  add_scan(run.report, std::move(output));
  return {};
}

Status open_image(GateRun& run) {
  if (run.config.image) {
    image::OpenOptions options;
    if (!run.config.image->platform.empty()) {
      options.platform = SLUICE_TRY(image::Platform::parse(run.config.image->platform));
    }
    const std::string local = run.config.resolve(run.config.image->path);
    const std::string& written = run.config.image->path;
    const bool elsewhere = !path_exists(local) && (remote::looks_like_reference(written) ||
                                                   sandbox::parse_store_reference(written).has_value());
    const std::string& named = elsewhere ? written : local;
    run.image_source = SLUICE_TRY(resolve_image(named, options, run.arguments, run.context));
    run.image = SLUICE_TRY(image::Image::open(run.image_source->path, run.image_source->options));
    SLUICE_CHECK(run.image->verify());
    run.subjects.push_back(
        {SubjectKind::image, run.config.image->path, {{"sha256", run.image->manifest_digest().hex()}}});
  }
  if (run.source) run.subjects.push_back(tree_subject(*run.source));
  if (run.subjects.empty()) {
    return fail(ErrorKind::config, "gate.no-subject",
                "there is nothing to judge: no image and no git work tree",
                "name an `image` in " + run.config.path + ", or run the gate inside a repository");
  }
  run.report.subject = run.subjects.front();
  return {};
}

Status test_image(GateRun& run) {
  if (run.config.tests.empty() || !run.image) return {};
  TestRequest request;
  for (const std::string& path : run.config.tests) request.specs.push_back(run.config.resolve(path));
  request.image_name = run.config.image->path;
  request.engine = run.config.engine;
  TestOutcome outcome = SLUICE_TRY(run_tests(*run.image, request, run.context));
  run.report.tests = std::move(outcome.tests);
  run.hardening = std::move(outcome.hardening);
  run.trace = std::move(outcome.trace);
  run.test_findings = std::move(outcome.findings);
  run.test_rules = std::move(outcome.rules);
  if (!run.trace) return {};
  judge_runtime_findings(run.config.runtime, *run.trace, run.report.coverage);
  run.test_findings.insert(run.test_findings.end(), run.trace->findings.begin(), run.trace->findings.end());
  return {};
}

Status store_evidence(GateRun& run) {
  // Without a key nothing is stored: unsigned evidence would not count anyway, and verdicts will say what is
  // missing.
  if (!run.key) return {};
  const auto now = run.context.clock.now();
  const auto put = [&](const Subject& subject, const store::SubjectRef& ref, std::string_view type,
                       json::Object predicate) -> Status {
    const Digest digest = SLUICE_TRY(
        sign_and_store(*run.store, run.key->options(), subject, ref, type, std::move(predicate), now));
    run.log_entries.push_back(ledger_entry(digest, type, ref.key));
    return {};
  };
  if (const Subject* tree = run.tree(); tree != nullptr && !tree->digest.empty()) {
    SLUICE_CHECK(put(*tree, subject_ref(*tree), predicate::k_scan,
                     attest::scan_predicate({run.report, run.started, now})));
  }
  const Subject& subject = run.subjects.front();
  const store::SubjectRef ref = promoted_ref(run);
  if (run.report.tests) {
    json::Object tests = attest::test_result_predicate(*run.report.tests, SLUICE_VERSION);
    tests.set("sluice_finishedOn", format_time(now));
    SLUICE_CHECK(put(subject, ref, predicate::k_test_result, std::move(tests)));
  }
  if (run.trace) {
    SLUICE_CHECK(put(subject, ref, predicate::k_runtime_trace,
                     attest::runtime_trace_predicate(*run.trace, *run.report.tests, SLUICE_VERSION)));
  }
  if (run.hardening) {
    SLUICE_CHECK(put(subject, ref, predicate::k_hardening,
                     attest::hardening_predicate(*run.hardening, *run.report.tests, SLUICE_VERSION)));
  }
  if (run.source && !run.config.builder_id.empty() && !subject.digest.empty()) {
    attest::ProvenanceInput input{
        *run.source, run.ci, run.config.builder_id, SLUICE_VERSION, run.started, now, {}, {}};
    input.byproducts = run.config.byproduct();
    SLUICE_CHECK(put(subject, ref, predicate::k_provenance, SLUICE_TRY(attest::provenance_predicate(input))));
  }
  return {};
}

Status decide(GateRun& run) {
  const auto now = run.context.clock.now();
  for (const policy::Stage* stage : run.stages) {
    // Read anew for each stage: an earlier stage's verdict is evidence for the next one.
    Facts facts = SLUICE_TRY(read_facts(*run.store, *run.keyring, run.config, run.subjects, now));
    facts.unreadable.insert(facts.unreadable.end(), run.evidence_problems.begin(),
                            run.evidence_problems.end());
    Verdict verdict = policy::evaluate(run.config.policy, *stage, facts);
    if (run.key) SLUICE_CHECK(store_verdict(run, verdict, facts));
    const bool allowed = verdict.outcome == Outcome::allow;
    run.report.verdicts.push_back(std::move(verdict));
    if (!allowed) break;
  }
  return {};
}

Status append_log(GateRun& run) {
  if (run.log_entries.empty()) return {};
  const attest::PublicKey& key = run.key->public_key();
  const std::string folder = default_ledger_folder(run.config.resolve(run.config.evidence), key);
  SLUICE_TRY(append_to_ledger(folder, default_ledger_origin(key), *run.key->signer, run.log_entries));
  return {};
}

}  // namespace sluice::cli

// The gate's steps that speak to a registry: what others attached is fetched before the decision, what was
// signed here is put there after it. Each failure is a fact: of fetching, evidence that is not known; of
// putting, a line of the report and an exit status that does not pass.
#include "cli/evidence.h"
#include "cli/gate_run.h"
#include "report/escape.h"
#include "store/transfer.h"

namespace sluice::cli {
namespace {

Result<remote::Registry> open_for(const GateRun& run, bool push) {
  const RegistryConfig& config = *run.config.registry;
  const remote::Reference reference = SLUICE_TRY(remote::parse_reference(config.repository));
  RegistryAccess access;
  access.push = push;
  access.plain_http = config.plain_http;
  if (!config.ca_file.empty()) access.ca_file = run.config.resolve(config.ca_file);
  return open_registry(reference, access, run.context);
}

std::string told(const Error& error) {
  return error.message + " [" + error.code + "]";
}

void add_problem(GateRun& run, const std::string& what) {
  const std::string line = "evidence in " + run.config.registry->repository + ": " + what;
  print_error("sluice gate: " + report::escape_line(line));
  run.report.coverage.push_back({run.config.registry->repository, "registry", CoverageStatus::failed, line});
}

}  // namespace

Status pull_from_registry(GateRun& run) {
  if (!run.config.registry || !run.config.registry->pull) return {};
  const auto problem = [&run](const std::string& what) {
    add_problem(run, what);
    run.evidence_problems.push_back("evidence in " + run.config.registry->repository + ": " + what);
  };
  auto registry = open_for(run, false);
  if (!registry) {
    problem(told(registry.error()));
    return {};
  }
  for (const Subject& subject : run.subjects) {
    const std::string key = subject_ref(subject).key;
    const auto done = store::pull_evidence(*registry, key, *run.store);
    if (!done && done.error().code == "remote.not-found") {
      // An answer, and before the first push the right one.
      run.report.coverage.push_back({run.config.registry->repository, "registry", CoverageStatus::skipped,
                                     "there is no such repository yet"});
      return {};
    }
    if (!done) {
      problem("about " + key + ": " + told(done.error()));
      // Asked again it would keep the pipeline waiting again.
      if (done.error().code == "remote.unreachable") return {};
      continue;
    }
    for (const std::string& line : done->unreadable) problem("about " + key + ": " + line);
  }
  return {};
}

Status push_to_registry(GateRun& run) {
  if (!run.config.registry || !run.config.registry->push || run.log_entries.empty()) return {};
  auto registry = open_for(run, true);
  if (!registry) {
    add_problem(run, told(registry.error()));
    run.push_failed = true;
    return {};
  }
  for (const Subject& subject : run.subjects) {
    const auto done = store::push_evidence(*run.store, *registry, subject_ref(subject).key);
    if (!done) {
      add_problem(run, "not pushed: " + told(done.error()));
      run.push_failed = true;
      if (done.error().code == "remote.unreachable") return {};
      continue;
    }
    for (const std::string& line : done->unreadable) {
      add_problem(run, "not pushed: " + line);
      run.push_failed = true;
    }
  }
  return {};
}

}  // namespace sluice::cli

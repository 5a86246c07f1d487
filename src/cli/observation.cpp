#include "cli/observation.h"

#include <algorithm>
#include <array>

namespace sluice::cli {
namespace {

struct Expectation {
  std::string_view name;
  std::optional<std::vector<std::string>> sandbox::ObserveSettings::* list;
  std::array<std::string_view, 2> rules;
};
constexpr auto k_expectations = std::to_array<Expectation>({
    {"exec", &sandbox::ObserveSettings::exec, {"runtime.undeclared-program", ""}},
    {"listen", &sandbox::ObserveSettings::listen, {"runtime.undeclared-listen", ""}},
    {"connect",
     &sandbox::ObserveSettings::connect,
     {"runtime.undeclared-connect", "runtime.metadata-address"}},
    {"write", &sandbox::ObserveSettings::write, {"runtime.write-outside", ""}},
    {"dns", &sandbox::ObserveSettings::dns, {"runtime.undeclared-dns", ""}},
});

std::string holes(const sandbox::Losses& losses) {
  const std::array<std::pair<std::string_view, std::uint64_t>, 5> kinds{
      {{"arguments", losses.unreadable},
       {"programs", losses.execs},
       {"files", losses.files},
       {"network calls", losses.network},
       {"entries of the writable layer", losses.layer}}};
  std::string text;
  for (const auto& [name, count] : kinds) {
    if (count == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(name);
  }
  return text;
}

}  // namespace

void Observation::begin(const image::ImageConfig& config, const sandbox::TestSpec& spec) {
  declared_ = sandbox::declared_by(config, spec);
  own_.clear();
  own_losses_ = {};
  unobserved_.clear();
}

void Observation::add(const sandbox::RunSpec& spec, const sandbox::RunResult& result) {
  if (!result.trace) return;
  ++runs_;
  if (!result.trace->observed() && result.fault == sandbox::StartFault::started)
    unobserved_ = result.trace->reason;
  own_losses_.unreadable += result.trace->losses.unreadable;
  own_losses_.execs += result.trace->losses.execs;
  own_losses_.files += result.trace->losses.files;
  own_losses_.network += result.trace->losses.network;
  own_losses_.layer += result.trace->losses.layer;
  // A program that never started did nothing; its trace would make the whole "not observed".
  if (result.fault == sandbox::StartFault::started) sandbox::merge(trace_, *result.trace);
  std::vector<Finding> found = sandbox::judge_run(spec, result, declared_);
  sandbox::add_findings(own_, found);
  sandbox::add_findings(findings_, std::move(found));
}

void Observation::add_cases(const sandbox::TestSpec& spec, TestReport& report) const {
  const auto add = [&](std::string name, TestStatus status, std::string message) {
    TestCase test;
    test.name = std::move(name);
    test.kind = "observe";
    test.status = status;
    test.message = std::move(message);
    report.cases.push_back(std::move(test));
  };
  if (!unobserved_.empty())
    return add("observe", TestStatus::error, "a container was not observed: " + unobserved_);
  if (runs_ == 0 && spec.observe) return add("observe", TestStatus::error, "no container was observed");
  const std::string lost = holes(own_losses_);
  if (!lost.empty()) add("observe", TestStatus::error, "the trace has holes: " + lost);
  if (!spec.observe) return;
  for (const Expectation& expectation : k_expectations) {
    if (!((*spec.observe).*expectation.list)) continue;
    std::string message;
    for (const Finding& finding : own_) {
      const auto& rules = expectation.rules;
      if (std::find(rules.begin(), rules.end(), finding.rule) == rules.end()) continue;
      message += (message.empty() ? "" : "; ") + finding.message;
    }
    const TestStatus status = message.empty() ? TestStatus::passed : TestStatus::failed;
    add("observe: " + std::string(expectation.name), status, std::move(message));
  }
}

RuntimeTrace Observation::evidence(const TestReport& report, std::chrono::sys_seconds started,
                                   std::chrono::sys_seconds finished) const {
  RuntimeTrace out;
  out.mode = to_string(trace_.mode);
  out.observer = to_string(trace_.observer);
  out.reason = trace_.reason;
  out.tier = report.tier;
  for (const auto& call : trace_.syscalls)
    out.calls.push_back({call.name, call.program, call.count, call.refused});
  for (const auto& exec : trace_.execs) {
    if (!exec.exists) continue;
    out.programs.push_back({exec.path, exec.argv, exec.by, exec.sha256, std::string(to_string(exec.origin)),
                            exec.uid, exec.setuid, exec.count});
  }
  for (const auto& file : trace_.files) {
    TracedFile seen{file.path, {}, file.in_layer, file.program};
    if (file.read) seen.access.emplace_back("read");
    if (file.written) seen.access.emplace_back("written");
    if (file.deleted) seen.access.emplace_back("deleted");
    out.files.push_back(std::move(seen));
  }
  for (const auto& seen : trace_.network) {
    out.network.push_back({std::string(to_string(seen.kind)), seen.protocol, seen.address, seen.port,
                           seen.hostname, seen.program});
  }
  for (const auto& seen : trace_.identity)
    out.identity.push_back({seen.call, seen.arguments, seen.program, seen.gain});
  for (const auto& change : trace_.layer) {
    (change.deleted ? out.layer_deleted : out.layer_changed).push_back(change.path);
  }
  out.layer_listed = trace_.layer_listed;
  out.init_ignored_stop = trace_.init.ignored_stop;
  out.init_handles_term = trace_.init.handles_term;
  out.init_zombies = trace_.init.zombies;
  if (trace_.init.sampled) out.init_uid = trace_.init.uid;
  out.losses = {{"vanished", trace_.losses.vanished}, {"unreadable", trace_.losses.unreadable},
                {"programs", trace_.losses.execs},    {"files", trace_.losses.files},
                {"network", trace_.losses.network},   {"layer", trace_.losses.layer}};
  out.findings = findings_;
  out.events = trace_.events;
  out.peak_memory_bytes = trace_.peak_memory_bytes;
  out.peak_pids = trace_.peak_pids;
  out.cpu = trace_.cpu;
  out.time_to_stop = trace_.time_to_stop;
  for (const TestCase& test : report.cases) {
    if (test.kind == "service" && test.name == "ready") out.time_to_ready = test.duration;
  }
  out.started = started;
  out.finished = finished;
  return out;
}

}  // namespace sluice::cli

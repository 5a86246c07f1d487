#include "sandbox/harden/loop.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <set>

#include "sandbox/capabilities.h"
#include "sandbox/harden/calls.h"
#include "sandbox/harden/composer.h"
#include "sandbox/harden/controls.h"
#include "sandbox/harden/trial.h"
#include "sandbox/user.h"

namespace sluice::sandbox::harden {
namespace {

constexpr int k_max_rounds = 4;  // of trying a profile and adding what it lacked
constexpr std::chrono::milliseconds k_least_patience{500};
constexpr std::chrono::milliseconds k_no_stop_patience{100};
constexpr int k_patience_factor = 4;  // of the time that the service took without restrictions
constexpr std::uint64_t k_least_memory = 16ull << 20;
constexpr std::uint64_t k_least_pids = 16;
constexpr std::uint16_t k_dns_port = 53;
constexpr std::uint64_t k_max_user_file = 4u << 20;

// Half as much again as was seen, and up to a power of two: what was measured varies a little from run to
// run, and the recommendation should not.
std::uint64_t recommended(std::optional<std::uint64_t> peak, std::uint64_t least) {
  return peak ? std::max(least, std::bit_ceil(*peak + *peak / 2)) : 0;
}

// To somebody else. A question to a resolver is told by the name that it asks for.
bool leaves(const NetworkSeen& seen) {
  const bool way = seen.kind == NetworkKind::connect || seen.kind == NetworkKind::send;
  const bool own = seen.address.starts_with("127.") || seen.address == "::1" || seen.address == "0.0.0.0" ||
                   seen.address == "::";
  return way && (seen.protocol == "tcp" || seen.protocol == "udp") && seen.port != 0 &&
         seen.port != k_dns_port && !own;
}

class Loop {
 public:
  Loop(TestSession& session, const HardenSettings& settings)
      : trials_(session), session_(session), wanted_(settings) {}

  Result<LoopOutcome> run() {
    if (!session_.can_run()) return given_up("no container can be run: " + session_.problem());
    report_.engine = session_.engine()->probe().name;
    report_.tier = to_string(session_.engine()->probe().tier);
    RunSettings loose = loosened(session_.spec().run);
    loose.observe = ObserveMode::selected;
    const Trial baseline = SLUICE_TRY(trials_.run(loose));
    note_peaks(baseline);
    if (!baseline.unknown.empty()) return given_up("the tests cannot be judged: " + baseline.unknown.front());
    if (!baseline.failed.empty()) {
      return given_up("the tests fail without any restriction: " + baseline.failed.front() + ": " +
                      baseline.messages.front());
    }
    if (baseline.passed.empty()) return given_up("no test runs a container, so nothing can be learned");
    report_.drivers = baseline.passed;
    be_impatient(baseline);
    loose.observe = ObserveMode::none;
    Composed composed = SLUICE_TRY(compose(trials_, loose, baseline, wanted_.matrix));
    report_.matrix = std::move(composed.rows);
    settings_ = std::move(composed.settings);
    SLUICE_CHECK(describe(baseline));
    SLUICE_CHECK(learn());
    if (report_.unverified.empty()) SLUICE_CHECK(verify());
    return finished();
  }

 private:
  LoopOutcome given_up(std::string why) {
    report_.unverified = std::move(why);
    return finished();
  }

  LoopOutcome finished() {
    report_.runs = trials_.count();
    return {std::move(report_), std::move(settings_)};
  }

  // A restriction can also keep a service from ending: without the capability KILL a master cannot end its
  // workers. One that never minded the stop signal is not waited for again and again.
  void be_impatient(const Trial& baseline) {
    const std::chrono::milliseconds within = session_.spec().stop.value_or(Stop{}).within;
    const bool stopped = baseline.time_to_stop < within;
    Patience patience;
    patience.ready = std::max(k_least_patience, baseline.time_to_ready * k_patience_factor);
    patience.stop =
        stopped ? std::max(k_least_patience, baseline.time_to_stop * k_patience_factor) : k_no_stop_patience;
    trials_.wait_at_most(patience, stopped);
  }

  void note_peaks(const Trial& trial) {
    HardeningPeaks& peaks = report_.peaks;
    peaks.memory_bytes = std::max(peaks.memory_bytes, trial.peaks.memory_bytes);
    peaks.pids = std::max(peaks.pids, trial.peaks.pids);
    if (trial.peaks.cpu) {
      const auto cpu = static_cast<std::uint64_t>(trial.peaks.cpu->count());
      peaks.cpu_us = std::max(cpu, peaks.cpu_us.value_or(0));
    }
  }

  // The settings that were found, in the words of the report.
  Status describe(const Trial& baseline) {
    HardeningProfile& profile = report_.profile;
    profile.user = settings_.user.value_or(session_.image().config().user);
    profile.non_root = SLUICE_TRY(is_non_root(profile.user));
    profile.read_only = settings_.read_only;
    profile.no_new_privileges = true;
    profile.network = settings_.network != Network::none;
    profile.capabilities = capability_names(settings_.capabilities);
    for (const Tmpfs& tmpfs : settings_.tmpfs) profile.writable.push_back(tmpfs.path);
    std::sort(profile.writable.begin(), profile.writable.end());
    std::set<std::pair<std::uint16_t, std::string>> listens;
    std::set<std::pair<std::uint16_t, std::string>> connects;
    std::set<std::string> names;
    for (const NetworkSeen& seen : baseline.trace.network) {
      const bool tcp = seen.kind == NetworkKind::listen && seen.protocol == "tcp";
      const bool udp = seen.kind == NetworkKind::bind && seen.protocol == "udp";
      if ((tcp || udp) && seen.port != 0) listens.emplace(seen.port, seen.protocol);
      if (seen.kind == NetworkKind::dns) names.insert(seen.hostname);
      if (leaves(seen)) connects.emplace(seen.port, seen.protocol);
    }
    for (const auto& [port, protocol] : listens)
      profile.listens.push_back(std::to_string(port) + "/" + protocol);
    for (const auto& [port, protocol] : connects)
      profile.connects.push_back(std::to_string(port) + "/" + protocol);
    profile.names.assign(names.begin(), names.end());
    return {};
  }

  Result<bool> is_non_root(const std::string& user) {
    if (user.empty()) return false;
    const image::FileIndex* index = SLUICE_TRY(session_.index());
    const auto text = [&](const std::string& path) -> Result<std::string> {
      if (!index->resolve(path)) return std::string();
      return index->read(path, k_max_user_file);
    };
    const std::string passwd = SLUICE_TRY(text("/etc/passwd"));
    const std::string group = SLUICE_TRY(text("/etc/group"));
    const auto identity = resolve_user(user, passwd, group);
    return identity && identity->uid != 0;
  }

  // One run under the settings that were found, with every call watched.
  Status learn() {
    RunSettings watched = settings_;
    watched.observe = ObserveMode::all;
    const Trial trial = SLUICE_TRY(trials_.run(watched));
    note_peaks(trial);
    if (!trial.ok()) {
      report_.unverified = "the tests do not pass while every call is watched: " +
                           (trial.failed.empty() ? trial.unknown.front() : trial.failed.front());
    } else if (!trial.traced || !trial.trace.observed()) {
      report_.unverified = "system calls cannot be watched here: " + trial.trace.reason;
    } else {
      report_.profile.calls = learned_calls(trial.trace);
    }
    return {};
  }

  void recommend_limits() {
    HardeningProfile& profile = report_.profile;
    profile.memory_bytes = recommended(report_.peaks.memory_bytes, k_least_memory);
    profile.pids = recommended(report_.peaks.pids, k_least_pids);
    if (profile.memory_bytes != 0) settings_.limits.memory_bytes = profile.memory_bytes;
    if (profile.pids != 0) settings_.limits.pids = static_cast<std::uint32_t>(profile.pids);
  }

  Status verify() {
    recommend_limits();
    for (int round = 0; round < k_max_rounds; ++round) {
      RunSettings tried = settings_;
      tried.syscalls = SyscallProfile{names_of(report_.profile.calls), SyscallProfile::Miss::record};
      tried.observe = ObserveMode::selected;
      const Trial trial = SLUICE_TRY(trials_.run(tried));
      note_peaks(trial);
      if (!add_missing(report_.profile.calls, trial.trace)) break;
    }
    settings_.syscalls = SyscallProfile{names_of(report_.profile.calls), SyscallProfile::Miss::refuse};
    const Trial trial = SLUICE_TRY(trials_.run(settings_));
    note_peaks(trial);
    if (!trial.unknown.empty()) {
      report_.unverified = "the tests cannot be judged under the set: " + trial.unknown.front();
    } else if (!trial.failed.empty()) {
      report_.unverified =
          "under the set a test fails: " + trial.failed.front() + ": " + trial.messages.front();
    } else {
      return controls();
    }
    return {};
  }

  Status controls() {
    TestSpec spec = session_.spec();
    spec.run = settings_;
    const std::vector<std::string> calls = names_of(report_.profile.calls);
    const bool socket = std::find(calls.begin(), calls.end(), "socket") != calls.end();
    auto controls = run_controls(session_.context(spec, {}), socket);
    if (!controls) {
      if (controls.error().code == "sandbox.cancelled") return tl::unexpected(controls.error());
      report_.unverified = controls.error().message;
      return {};
    }
    report_.controls = std::move(*controls);
    report_.verified = true;
    for (const HardeningControl& control : report_.controls) {
      if (control.refused) continue;
      report_.verified = false;
      report_.unverified = "the negative control \"" + control.name + "\" was not refused";
    }
    return {};
  }

  Trials trials_;
  TestSession& session_;
  const HardenSettings& wanted_;
  RunSettings settings_;
  HardeningReport report_;
};

}  // namespace

Result<HardeningEngine> verify_on(TestSession& session, const RunSettings& set) {
  HardeningEngine engine;
  if (!session.can_run()) {
    engine.message = session.problem();
    return engine;
  }
  engine.name = session.engine()->probe().name;
  Trials trials(session);
  const Trial trial = SLUICE_TRY(trials.run(set));
  engine.verified = trial.ok();
  if (!trial.unknown.empty()) engine.message = "the tests cannot be judged: " + trial.unknown.front();
  if (!trial.failed.empty()) engine.message = trial.failed.front() + ": " + trial.messages.front();
  return engine;
}

Result<LoopOutcome> run_loop(TestSession& session, const HardenSettings& settings) {
  return Loop(session, settings).run();
}

}  // namespace sluice::sandbox::harden

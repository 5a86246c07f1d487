#include "sandbox/doctor.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "sandbox/cgroup.h"
#include "sandbox/embedded.h"
#include "sandbox/engines/make_engine.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/state.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

using Facts = std::vector<DoctorFact>;

constexpr std::size_t k_max_small = 4096;

std::string small_file(const std::string& path) {
  auto text = read_file(path, k_max_small);
  return text ? std::string(trim(*text)) : std::string();
}

void kernel(Facts& facts) {
  utsname name{};
  if (::uname(&name) == 0) facts.push_back({"kernel", true, std::string(name.release) + " " + name.machine});
  facts.push_back({"user", true, ::geteuid() == 0 ? "root" : "uid " + std::to_string(::geteuid())});
}

// One namespace of each kind, inside a user namespace if we are not root.
void namespaces(Facts& facts) {
  struct Kind {
    const char* name;
    unsigned long flag;
  };
  constexpr auto kinds = std::to_array<Kind>({{"user", CLONE_NEWUSER},
                                              {"mount", CLONE_NEWNS},
                                              {"pid", CLONE_NEWPID},
                                              {"network", CLONE_NEWNET},
                                              {"ipc", CLONE_NEWIPC},
                                              {"uts", CLONE_NEWUTS},
                                              {"cgroup", CLONE_NEWCGROUP}});
  const unsigned long base = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
  for (const Kind& kind : kinds) {
    const auto pid = static_cast<pid_t>(
        ::syscall(SYS_clone, base | kind.flag | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (pid == 0) ::_exit(0);
    const int error = errno;
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    facts.push_back({std::string("namespace.") + kind.name, pid > 0, pid > 0 ? "" : std::strerror(error)});
  }
  const std::string apparmor = small_file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  if (!apparmor.empty()) {
    facts.push_back({"apparmor.userns", apparmor == "0",
                     apparmor == "0" ? "unprivileged user namespaces are not restricted"
                                     : "unprivileged user namespaces are restricted (sysctl "
                                       "kernel.apparmor_restrict_unprivileged_userns=0 lifts it)"});
  }
}

// The embedded engine, really: an empty image, whose program cannot be found, tells of every step before.
void embedded(Facts& facts, const DoctorOptions& options) {
  EmbeddedOptions engine_options;
  engine_options.state_root = options.state_root;
  auto engine = EmbeddedEngine::create(engine_options);
  if (!engine) {
    facts.push_back({"tier", false, engine.error().message});
    return;
  }
  const EngineFacts known = (*engine)->probe();
  std::string detail(to_string(known.tier));
  if (!known.reason.empty()) detail += " (" + known.reason + ")";
  facts.push_back({"tier", true, detail});
  auto image = (*engine)->prepare_directory([](int) { return Status{}; });
  if (!image) {
    facts.push_back({"container", false, image.error().message});
    return;
  }
  RunSpec spec;
  spec.argv = {"/nothing"};
  spec.limits.cpu_milli = 1000;
  const auto result = run(**engine, **image, spec);
  if (!result) {
    facts.push_back({"container", false, result.error().message});
    return;
  }
  const bool ran = result->fault == StartFault::not_found;
  facts.push_back({"container", ran, ran ? "a container was started" : result->fault_message});
  bool overlay = known.tier != Tier::chroot;
  for (const std::string& line : result->limits_missing) overlay = overlay && !line.starts_with("overlay:");
  facts.push_back({"overlay", overlay, overlay ? "" : "images are copied for each container"});
  for (const std::string& line : result->limits_missing) facts.push_back({"missing", false, line});
}

void cgroups(Facts& facts) {
  for (const CgroupSeat& seat : find_cgroup_seats()) {
    const bool good = seat.version != 0;
    facts.push_back({"cgroup." + std::string(to_string(seat.controller)), good,
                     good ? "v" + std::to_string(seat.version) + " " + seat.parent : seat.reason});
  }
}

void seccomp(Facts& facts) {
  std::string reason;
  const bool filters = filters_supported(reason);
  facts.push_back({"seccomp", filters, filters ? "filters" : reason});
  const bool notify = notification_supported();
  facts.push_back({"seccomp.notify", notify, notify ? "user notification" : "not in this kernel (5.0)"});
}

// Each one really runs a container, if it is here.
void engines(Facts& facts, const DoctorOptions& options) {
  EngineOptions engine_options;
  engine_options.state_root = options.state_root;
  engine_options.environment = options.environment;
  for (const ToolTraits& traits : k_tools) {
    EngineTrial trial = try_engine(traits.kind, engine_options);
    facts.push_back({"engine." + std::string(traits.name), trial.works, std::move(trial.detail)});
  }
}

void garbage(Facts& facts, const DoctorOptions& options) {
  const auto root = state_root(options.state_root);
  if (!root) {
    facts.push_back({"state", false, root.error().message});
    return;
  }
  const auto collected = collect_garbage(*root);
  if (!collected) {
    facts.push_back({"state", false, collected.error().message});
    return;
  }
  std::string detail = *root;
  if (collected->runs != 0) detail += ", removed what " + std::to_string(collected->runs) + " dead runs left";
  for (const std::string& problem : collected->problems) detail += "; " + problem;
  facts.push_back({"state", collected->problems.empty(), detail});
}

}  // namespace

std::vector<DoctorFact> examine(const DoctorOptions& options) {
  Facts facts;
  kernel(facts);
  garbage(facts, options);
  embedded(facts, options);
  namespaces(facts);
  cgroups(facts);
  seccomp(facts);
  engines(facts, options);
  return facts;
}

}  // namespace sluice::sandbox

#include "sandbox/engines/tool_spec.h"

#include <signal.h>
#include <string.h>

#include <algorithm>

#include "sandbox/capabilities.h"
#include "sandbox/run_check.h"

namespace sluice::sandbox {
namespace {

constexpr int k_first_real_time = 34;  // as Go's runtimes count, and glibc

std::string user_of(const Identity& identity) {
  return std::to_string(identity.uid) + ":" + std::to_string(identity.gid);
}

// Thousandths of a CPU as engines take them: "0.250".
std::string cpus(std::uint32_t milli) {
  std::string rest = std::to_string(milli % 1000);
  rest.insert(0, 3 - rest.size(), '0');
  return std::to_string(milli / 1000) + "." + rest;
}

// "TERM", "RTMIN+3".
std::string signal_text(int number) {
  if (number >= SIGRTMIN && number <= SIGRTMAX) return "RTMIN+" + std::to_string(number - k_first_real_time);
  const char* name = ::sigabbrev_np(number);
  return name == nullptr ? std::to_string(number) : name;
}

// A comma ends an option of a tmpfs and a colon its path.
bool option_safe(const std::string& path) {
  return path.find_first_of(":,") == std::string::npos;
}

void add_limits(std::vector<std::string>& argv, const ToolTraits& traits, const ToolSpec& spec) {
  const Limits& limits = spec.run.limits;
  const auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words); };
  if (limits.memory_bytes != 0) {
    const std::string bytes = std::to_string(limits.memory_bytes);
    add({"--memory", bytes, "--memory-swap", bytes});  // the sum: no swap
  }
  if (limits.pids != 0) add({"--pids-limit", std::to_string(limits.pids)});
  if (limits.cpu_milli != 0) add({"--cpus", cpus(limits.cpu_milli)});
  if (!traits.own_ulimits) return;
  const auto ulimit = [&](const std::string& name, std::uint64_t value) {
    const std::string text = std::to_string(value);
    if (value != 0) add({"--ulimit", name + "=" + text + ":" + text});
  };
  ulimit("nofile", spec.max_files);
  ulimit("nproc", spec.max_processes);
}

void add_isolation(std::vector<std::string>& argv, const ToolTraits& traits, const ToolSpec& spec) {
  const auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words); };
  add({"--network", "none", "--hostname", "sluice", "--cap-drop", "ALL"});
  for (const std::string& name : capability_names(spec.run.capabilities)) add({"--cap-add", name});
  add({"--security-opt", "no-new-privileges"});
  if (!spec.seccomp_file.empty()) add({"--security-opt", "seccomp=" + spec.seccomp_file});
  if (spec.run.read_only) {
    add({"--read-only"});
    if (traits.fills_tmp) add({"--read-only-tmpfs=false"});
  }
  for (const Tmpfs& tmpfs : spec.run.tmpfs) {
    add({"--tmpfs", tmpfs.path + ":rw,exec,nosuid,nodev,mode=1777,size=" + std::to_string(tmpfs.size_bytes)});
  }
}

}  // namespace

Status check_tool_spec(const RunSpec& spec, bool observer) {
  SLUICE_CHECK(check_run_spec(spec));
  for (const Tmpfs& tmpfs : spec.tmpfs) {
    if (option_safe(tmpfs.path)) continue;
    return fail(ErrorKind::config, "sandbox.spec",
                "this engine cannot be given a tmpfs whose path has \":\" or \",\"");
  }
  if (spec.network == Network::private_) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                "this engine has no private network with a DNS server of ours", "use the embedded engine");
  }
  if (!observer && spec.syscalls && spec.syscalls->miss == SyscallProfile::Miss::record) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                "this engine cannot record the calls that a profile lacks");
  }
  return {};
}

std::vector<std::string> run_arguments(const ToolTraits& traits, const ToolSpec& spec) {
  std::vector<std::string> argv{std::string(traits.name), "run", "--name", spec.name, "--log-driver", "none"};
  const auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words); };
  if (traits.pid_file) add({"--pidfile", spec.pid_file});
  if (traits.fills_passwd) add({"--passwd=false", "--no-hosts"});
  if (traits.kind == EngineKind::docker) add({"--no-healthcheck"});  // `ready` runs it when it is asked for
  if (traits.whole_output_by_rm) add({"--rm"});
  add({"--sig-proxy=false"});
  add_isolation(argv, traits, spec);
  add_limits(argv, traits, spec);
  add({"--user", user_of(spec.identity)});
  for (const std::uint32_t group : spec.identity.groups) add({"--group-add", std::to_string(group)});
  add({"--workdir", spec.run.workdir.empty() ? "/" : spec.run.workdir});
  if (traits.exact_env) add({"--unsetenv-all"});
  for (const auto& [name, value] : environment_of(spec.run, spec.identity.home))
    add({"--env", name + "=" + value});
  add({"--entrypoint", json::write(json::Array{spec.run.argv[0]})});
  if (traits.kind != EngineKind::podman) argv.back() = spec.run.argv[0];
  if (traits.rootfs) {
    add({"--rootfs", spec.rootfs});
  } else {
    add({"--pull=never", spec.image});
  }
  argv.insert(argv.end(), spec.run.argv.begin() + 1, spec.run.argv.end());
  return argv;
}

std::vector<std::string> bundle_arguments(const ToolSpec& spec) {
  return {"runc", "--root", spec.state, "--log",     spec.bundle + "/log", "--log-format", "json",
          "run",  "--keep", "--bundle", spec.bundle, "--pid-file",         spec.pid_file,  spec.name};
}

std::vector<std::string> exec_arguments(const ToolTraits& traits, const ToolSpec& spec,
                                        const std::string& process_file) {
  if (traits.form == ToolForm::bundle) {
    return {"runc", "--root", spec.state, "exec", "--process", process_file, spec.name};
  }
  std::vector<std::string> argv{std::string(traits.name), "exec", "--user", user_of(spec.identity)};
  argv.insert(argv.end(), {"--workdir", spec.run.workdir.empty() ? "/" : spec.run.workdir});
  for (const auto& [name, value] : environment_of(spec.run, spec.identity.home)) {
    argv.insert(argv.end(), {"--env", name + "=" + value});
  }
  argv.push_back(spec.name);
  argv.insert(argv.end(), spec.run.argv.begin(), spec.run.argv.end());
  return argv;
}

std::vector<std::string> kill_arguments(const ToolTraits& traits, const std::string& state,
                                        const std::string& name, int signal) {
  const std::string number = std::to_string(signal);
  if (traits.form == ToolForm::bundle) return {"runc", "--root", state, "kill", name, number};
  return {std::string(traits.name), "kill", "--signal", traits.signal_names ? signal_text(signal) : number,
          name};
}

std::vector<std::string> remove_arguments(const ToolTraits& traits, const std::string& state,
                                          const std::string& name) {
  if (traits.form == ToolForm::bundle) return {"runc", "--root", state, "delete", "--force", name};
  std::vector<std::string> argv{std::string(traits.name), "rm", "--force"};
  if (traits.remove_time) argv.insert(argv.end(), {"--time", "0"});
  // Anonymous volumes that the image declares.
  argv.insert(argv.end(), {"--volumes", name});
  return argv;
}

}  // namespace sluice::sandbox

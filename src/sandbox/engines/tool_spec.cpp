#include "sandbox/engines/tool_spec.h"

#include <signal.h>

#include <algorithm>

#include "sandbox/capabilities.h"

namespace sluice::sandbox {
namespace {

constexpr std::chrono::hours k_max_run_time{24};

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

std::string user_of(const Identity& identity) {
  return std::to_string(identity.uid) + ":" + std::to_string(identity.gid);
}

// Thousandths of a CPU as engines take them: "0.250".
std::string cpus(std::uint32_t milli) {
  std::string rest = std::to_string(milli % 1000);
  rest.insert(0, 3 - rest.size(), '0');
  return std::to_string(milli / 1000) + "." + rest;
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
  const auto bad = [](std::string message) -> Status {
    return fail(ErrorKind::config, "sandbox.spec", std::move(message));
  };
  if (spec.argv.empty() || spec.argv[0].empty()) return bad("there is no program to run");
  if (spec.limits.time.count() <= 0 || spec.limits.time > k_max_run_time) {
    return bad("a container needs a time limit, of a day at most");
  }
  if ((spec.capabilities & ~default_capabilities()) != 0)
    return bad("capabilities beyond the usual default are refused");
  if (spec.stop_signal <= 0 || spec.stop_signal >= NSIG) return bad("the stop signal is out of range");
  if (has_nul(spec.workdir) || (!spec.workdir.empty() && spec.workdir[0] != '/'))
    return bad("the working directory must be absolute");
  for (const Tmpfs& tmpfs : spec.tmpfs) {
    if (!tmpfs.path.starts_with('/') || tmpfs.path.size() < 2 || has_nul(tmpfs.path) ||
        !option_safe(tmpfs.path))
      return bad("a tmpfs needs an absolute path below /, without \":\" and \",\"");
    if (tmpfs.size_bytes == 0) return bad("a tmpfs needs a size");
  }
  if (std::any_of(spec.argv.begin(), spec.argv.end(), has_nul)) return bad("an argument holds a NUL byte");
  for (const auto& [name, value] : spec.env) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value)) {
      return bad("an environment variable cannot be given to a program: \"" + name + "\"");
    }
  }
  if (!observer && spec.syscalls && spec.syscalls->miss == SyscallProfile::Miss::record) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                "this engine cannot record the calls that a profile lacks");
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> environment_of(const RunSpec& spec,
                                                                const Identity& identity) {
  auto env = spec.env;
  if (!spec.engine_env) return env;
  const auto add = [&](const std::string& name, const std::string& value) {
    const bool there =
        std::any_of(env.begin(), env.end(), [&](const auto& variable) { return variable.first == name; });
    if (!there) env.emplace_back(name, value);
  };
  add("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  add("HOSTNAME", "sluice");
  add("HOME", identity.home);
  return env;
}

std::vector<std::string> run_arguments(const ToolTraits& traits, const ToolSpec& spec) {
  std::vector<std::string> argv{std::string(traits.name), "run", "--name", spec.name, "--log-driver", "none"};
  const auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words); };
  if (traits.pid_file) add({"--pidfile", spec.pid_file});
  if (traits.fills_passwd) add({"--passwd=false", "--no-hosts"});
  if (traits.kind == EngineKind::docker) add({"--no-healthcheck"});  // `ready` runs it when it is asked for
  add({"--sig-proxy=false"});
  add_isolation(argv, traits, spec);
  add_limits(argv, traits, spec);
  add({"--user", user_of(spec.identity)});
  for (const std::uint32_t group : spec.identity.groups) add({"--group-add", std::to_string(group)});
  add({"--workdir", spec.run.workdir.empty() ? "/" : spec.run.workdir});
  if (traits.exact_env) add({"--unsetenv-all"});
  for (const auto& [name, value] : environment_of(spec.run, spec.identity))
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
  for (const auto& [name, value] : environment_of(spec.run, spec.identity)) {
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
  return {std::string(traits.name), "kill", "--signal", number, name};
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

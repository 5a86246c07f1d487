#include "sandbox/run_check.h"

#include <signal.h>

#include <algorithm>

#include "sandbox/capabilities.h"

namespace sluice::sandbox {
namespace {

constexpr std::chrono::hours k_max_run_time{24};

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

}  // namespace

Status check_run_spec(const RunSpec& spec) {
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
    if (!tmpfs.path.starts_with('/') || tmpfs.path.size() < 2 || has_nul(tmpfs.path))
      return bad("a tmpfs needs an absolute path below /");
    if (tmpfs.size_bytes == 0) return bad("a tmpfs needs a size");
  }
  if (std::any_of(spec.argv.begin(), spec.argv.end(), has_nul)) return bad("an argument holds a NUL byte");
  for (const auto& [name, value] : spec.env) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value)) {
      return bad("an environment variable cannot be given to a program: \"" + name + "\"");
    }
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> environment_of(const RunSpec& spec,
                                                                const std::string& home) {
  auto env = spec.env;
  if (!spec.engine_env) return env;
  const auto add = [&](const std::string& name, const std::string& value) {
    const bool there =
        std::any_of(env.begin(), env.end(), [&](const auto& variable) { return variable.first == name; });
    if (!there) env.emplace_back(name, value);
  };
  add("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  add("HOSTNAME", "sluice");
  add("HOME", home);
  return env;
}

}  // namespace sluice::sandbox

#include "sandbox/engines/tool_runner.h"

#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_complaint = 600;

constexpr auto k_passed_on = std::to_array<std::string_view>({"CONTAINERD_ADDRESS",
                                                              "CONTAINERD_NAMESPACE",
                                                              "CONTAINERS_CONF",
                                                              "CONTAINERS_REGISTRIES_CONF",
                                                              "CONTAINERS_STORAGE_CONF",
                                                              "DBUS_SESSION_BUS_ADDRESS",
                                                              "DOCKER_CERT_PATH",
                                                              "DOCKER_CONFIG",
                                                              "DOCKER_CONTEXT",
                                                              "DOCKER_HOST",
                                                              "DOCKER_TLS_VERIFY",
                                                              "HOME",
                                                              "LOGNAME",
                                                              "NERDCTL_TOML",
                                                              "PATH",
                                                              "STORAGE_DRIVER",
                                                              "STORAGE_OPTS",
                                                              "TMPDIR",
                                                              "USER",
                                                              "XDG_CONFIG_HOME",
                                                              "XDG_DATA_HOME",
                                                              "XDG_RUNTIME_DIR"});

}  // namespace

Result<ToolRunner> ToolRunner::find(const ToolTraits& traits, const Environment& environment) {
  const auto path = environment.find("PATH");
  const std::string folders = path == environment.end() ? std::string() : path->second;
  std::vector<std::pair<std::string, std::string>> passed;
  for (const std::string_view name : k_passed_on) {
    if (const auto found = environment.find(std::string(name)); found != environment.end())
      passed.emplace_back(*found);
  }
  for (const std::string_view folder : split(folders, ':')) {
    if (!folder.starts_with('/')) continue;
    std::string full = std::string(folder) + "/" + std::string(traits.name);
    if (::access(full.c_str(), X_OK) == 0 && !is_directory(full))
      return ToolRunner(traits, full, std::move(passed));
  }
  return fail(ErrorKind::unsupported, "sandbox.unsupported", std::string(traits.name) + " is not on PATH");
}

Result<ProcessResult> ToolRunner::run(std::vector<std::string> argv,
                                      std::chrono::milliseconds deadline) const {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.argv[0] = program_;
  spec.environment = environment_;
  spec.deadline = deadline;
  return run_process(spec);
}

Result<std::string> ToolRunner::output(std::vector<std::string> argv,
                                       std::chrono::milliseconds deadline) const {
  const std::string what = argv.size() > 1 ? std::string(traits_->name) + " " + argv[1] : argv[0];
  const ProcessResult result = SLUICE_TRY(run(std::move(argv), deadline));
  if (result.ok()) return std::string(trim(result.out.text()));
  const std::string why = result.timed_out ? "no answer in time" : complaint(result.err.text());
  return fail(ErrorKind::io, "sandbox.tool", what + " failed: " + (why.empty() ? "without a word" : why));
}

std::string complaint(std::string_view text) {
  std::string_view best;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view word = trim(line);
    const bool hint = word.starts_with("See '") ||
                      (word.starts_with("Run '") && word.find("--help") != std::string_view::npos);
    if (!word.empty() && !hint) best = word;
  }
  for (const std::string_view prefix :
       {"docker: ", "Error: ", "Error response from daemon: ", "FATA[0000] "}) {
    if (best.starts_with(prefix)) best.remove_prefix(prefix.size());
  }
  // logrus, as nerdctl prints it to what is no terminal: time="…" level=fatal msg="…"
  constexpr std::string_view logged = " level=fatal msg=\"";
  if (const std::size_t at = best.find(logged); best.starts_with("time=\"") && at != std::string_view::npos) {
    best.remove_prefix(at + logged.size());
    if (best.ends_with('"')) best.remove_suffix(1);
  }
  return std::string(best.substr(0, k_max_complaint));
}

}  // namespace sluice::sandbox

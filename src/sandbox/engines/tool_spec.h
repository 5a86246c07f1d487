// A container as the tools are asked for it: a RunSpec with everything looked up that depends on the image.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "sandbox/engine.h"
#include "sandbox/engines/kind.h"
#include "sandbox/user.h"

namespace sluice::sandbox {

struct ToolSpec {
  RunSpec run;
  Identity identity;
  std::string name;          // of the container: "sluice-…"
  std::string rootfs;        // path, or
  std::string image;         // reference in the tool's store
  std::string listener;      // socket of listener.h; "" = nothing is watched
  std::string seccomp_file;  // "" = the tool's own default profile
  std::string pid_file;
  std::string bundle;           // of runc
  std::string state;            // of runc: its --root
  std::uint64_t max_files = 0;  // our own limits, which a tool may not raise; 0 = not known
  std::uint64_t max_processes = 0;
  bool user_namespace = false;  // runc without root: then
  std::uint32_t host_uid = 0;   // … whose files the container may use
  std::uint32_t host_gid = 0;
};

// check_run_spec, and what these engines cannot be told. Codes: sandbox.spec; sandbox.unsupported (a private
// network; a call profile that needs an observer, where there is none).
[[nodiscard]] Status check_tool_spec(const RunSpec& spec, bool observer);

// "podman run …", the whole vector. The tool must be of ToolForm::options.
[[nodiscard]] std::vector<std::string> run_arguments(const ToolTraits& traits, const ToolSpec& spec);
// "runc run …".
[[nodiscard]] std::vector<std::string> bundle_arguments(const ToolSpec& spec);
// Another program in the container `name`. `process_file` is runc's (process_json).
[[nodiscard]] std::vector<std::string> exec_arguments(const ToolTraits& traits, const ToolSpec& spec,
                                                      const std::string& process_file);

[[nodiscard]] std::vector<std::string> kill_arguments(const ToolTraits& traits, const std::string& state,
                                                      const std::string& name, int signal);
// Ends it if it runs, and removes it.
[[nodiscard]] std::vector<std::string> remove_arguments(const ToolTraits& traits, const std::string& state,
                                                        const std::string& name);

// config.json of an OCI bundle (runtime-spec 1.0, config.md), and its `process` member alone.
[[nodiscard]] json::Value bundle_config(const ToolSpec& spec, const json::Value& seccomp);
[[nodiscard]] json::Value process_json(const ToolSpec& spec);

// The profile in the form that all of them take (runtime-spec, config-linux.md#seccomp). Without a profile:
// what our own default filter allows; the rest is refused by EPERM, and calls newer than our table by ENOSYS.
// With `listener`, the path of a socket (listener.h): what is to be watched is handed over there.
[[nodiscard]] Result<json::Value> seccomp_json(const std::optional<SyscallProfile>& profile,
                                               ObserveMode observe = ObserveMode::none,
                                               const std::string& listener = {});

}  // namespace sluice::sandbox

// Call filters in the form that OCI runtimes and docker's tools take.
#include <seccomp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "sandbox/engines/listener.h"
#include "sandbox/engines/tool_spec.h"
#include "sandbox/observe/call_policy.h"

namespace sluice::sandbox {
namespace {

using json::Array;
using json::Object;

constexpr int k_max_call = 1024;  // numbers beyond the newest that any table names

Object rule(Array names, const char* action, int error = 0) {
  Object out{{"names", std::move(names)}, {"action", action}};
  if (error != 0) out.set("errnoRet", error);
  return out;
}

Object conditional(const char* name, Object argument) {
  Object out = rule({name}, "SCMP_ACT_ALLOW");
  out.set("args", Array{std::move(argument)});
  return out;
}

Object argument(std::uint64_t value, std::uint64_t second, const char* op) {
  return {{"index", 0}, {"value", value}, {"valueTwo", second}, {"op", op}};
}

// As the default filter has them, whatever a profile allows.
void add_conditional(Array& rules, std::string_view name) {
  if (name == "clone") {
    rules.emplace_back(conditional("clone", argument(k_namespace_flags, 0, "SCMP_CMP_MASKED_EQ")));
  } else if (name == "personality") {
    for (const std::uint64_t value : k_personalities) {
      rules.emplace_back(conditional("personality", argument(value, 0, "SCMP_CMP_EQ")));
    }
  } else if (name == "socket") {
    rules.emplace_back(conditional("socket", argument(AF_VSOCK, 0, "SCMP_CMP_NE")));
  } else {
    rules.emplace_back(rule({std::string(name)}, "SCMP_ACT_ALLOW"));
  }
}

std::vector<std::string> every_call() {
  std::vector<std::string> names;
  for (int number = 0; number < k_max_call; ++number) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
    if (name) names.emplace_back(name.get());
  }
  return names;
}

Array architectures() {
#if defined(__x86_64__)
  return {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
#elif defined(__aarch64__)
  return {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
#else
  return {};
#endif
}

// Which calls are handed over; the supervisor then allows or refuses them by the same rules.
class Watch {
 public:
  Watch(const std::optional<SyscallProfile>& profile, ObserveMode observe, const std::string& listener)
      : names_(profile),
        observe_(listener.empty() ? ObserveMode::none : observe),
        records_(!listener.empty() && profile && profile->miss == SyscallProfile::Miss::record) {}
  [[nodiscard]] bool records() const { return records_; }
  [[nodiscard]] bool watches(const std::string& name) const {
    if (name == k_unwatched_call || rule_of(name) == CallRule::absent) return false;
    if (observe_ == ObserveMode::all || (observe_ == ObserveMode::selected && is_selected(name))) return true;
    return records_ && !names_.lists(name);
  }

 private:
  ProfileNames names_;
  ObserveMode observe_;
  bool records_;
};

}  // namespace

Result<json::Value> seccomp_json(const std::optional<SyscallProfile>& profile, ObserveMode observe,
                                 const std::string& listener) {
  const Watch watch(profile, observe, listener);
  std::vector<std::string> names = profile && !watch.records() ? profile->allowed : every_call();
  if (profile && watch.records()) names.insert(names.end(), profile->allowed.begin(), profile->allowed.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  Array watched;
  Array allowed;
  Array refused;
  Array rules;
  for (const std::string& name : names) {
    if (profile && seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR) {
      return fail(ErrorKind::config, "sandbox.spec", "there is no system call \"" + name + "\"");
    }
    if (watch.watches(name)) {
      watched.emplace_back(name);
      continue;
    }
    switch (rule_of(name)) {
      case CallRule::allow:
        allowed.emplace_back(name);
        break;
      case CallRule::conditional:
        add_conditional(rules, name);
        break;
      case CallRule::refuse:
        refused.emplace_back(name);
        break;
      case CallRule::absent:  // its flags cannot be seen: refused in any case, below
        break;
    }
  }

  if (!allowed.empty()) rules.emplace_back(rule(std::move(allowed), "SCMP_ACT_ALLOW"));
  if (!refused.empty()) rules.emplace_back(rule(std::move(refused), "SCMP_ACT_ERRNO", EPERM));
  rules.emplace_back(rule({"clone3"}, "SCMP_ACT_ERRNO", ENOSYS));
  Object out{{"defaultAction", "SCMP_ACT_ERRNO"},
             {"defaultErrnoRet", profile ? EPERM : ENOSYS},
             {"architectures", architectures()}};
  if (!watched.empty()) {
    rules.emplace_back(rule(std::move(watched), "SCMP_ACT_NOTIFY"));
    out.set("listenerPath", listener);
  }
  out.set("syscalls", std::move(rules));
  return out;
}

}  // namespace sluice::sandbox

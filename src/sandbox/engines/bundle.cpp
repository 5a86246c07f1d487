// The OCI bundle that runc is given (runtime-spec 1.0).
#include "sandbox/capabilities.h"
#include "sandbox/engines/tool_spec.h"
#include "sandbox/run_check.h"

namespace sluice::sandbox {
namespace {

using json::Array;
using json::Object;

constexpr std::uint64_t k_cpu_period_us = 100'000;

Array texts(const std::vector<std::string>& list) {
  Array out;
  for (const std::string& text : list) out.emplace_back(text);
  return out;
}

Object mount(const std::string& to, const std::string& type, Array options) {
  return {{"destination", to}, {"type", type}, {"source", type}, {"options", std::move(options)}};
}

Array mounts(const ToolSpec& spec) {
  Array list{
      mount("/proc", "proc", {"nosuid", "noexec", "nodev"}),
      mount("/dev", "tmpfs", {"nosuid", "noexec", "strictatime", "mode=755", "size=65536k"}),
      mount("/dev/pts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}),
      mount("/dev/shm", "tmpfs", {"nosuid", "noexec", "nodev", "mode=1777", "size=67108864"}),
      mount("/dev/mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
      mount("/sys", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
  };
  for (const Tmpfs& tmpfs : spec.run.tmpfs) {
    // runc before 1.2 puts the mode of the covered folder over ours; its owner it leaves alone.
    list.emplace_back(
        mount(tmpfs.path, "tmpfs",
              {"nosuid", "nodev", "mode=1777", "uid=" + std::to_string(spec.identity.uid),
               "gid=" + std::to_string(spec.identity.gid), "size=" + std::to_string(tmpfs.size_bytes)}));
  }
  return list;
}

Object resources(const Limits& limits) {
  Object out{{"devices", Array{Object{{"allow", false}, {"access", "rwm"}}}}};
  if (limits.memory_bytes != 0) {
    out.set("memory", Object{{"limit", limits.memory_bytes}, {"swap", limits.memory_bytes}});
  }
  if (limits.pids != 0) out.set("pids", Object{{"limit", std::uint64_t{limits.pids}}});
  if (limits.cpu_milli != 0) {
    out.set("cpu", Object{{"quota", limits.cpu_milli * k_cpu_period_us / 1000}, {"period", k_cpu_period_us}});
  }
  return out;
}

Array namespaces(bool user) {
  Array list;
  for (const char* type : {"pid", "network", "ipc", "uts", "mount", "cgroup"})
    list.emplace_back(Object{{"type", type}});
  if (user) list.emplace_back(Object{{"type", "user"}});
  return list;
}

}  // namespace

json::Value process_json(const ToolSpec& spec) {
  Array env;
  for (const auto& [name, value] : environment_of(spec.run, spec.identity.home))
    env.emplace_back(name + "=" + value);
  Array capabilities;
  for (const std::string& name : capability_names(spec.run.capabilities))
    capabilities.emplace_back("CAP_" + name);
  Array groups;
  for (const std::uint32_t group : spec.identity.groups) groups.emplace_back(std::uint64_t{group});
  Object user{{"uid", std::uint64_t{spec.identity.uid}}, {"gid", std::uint64_t{spec.identity.gid}}};
  if (!spec.user_namespace) user.set("additionalGids", std::move(groups));
  return Object{
      {"terminal", false},
      {"user", std::move(user)},
      {"args", texts(spec.run.argv)},
      {"env", std::move(env)},
      {"cwd", spec.run.workdir.empty() ? "/" : spec.run.workdir},
      {"capabilities",
       Object{{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}},
      {"noNewPrivileges", true}};
}

json::Value bundle_config(const ToolSpec& spec, const json::Value& seccomp) {
  Object linux_part{
      {"namespaces", namespaces(spec.user_namespace)},
      {"seccomp", seccomp},
      {"maskedPaths",
       texts({"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
              "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware"})},
      {"readonlyPaths", texts({"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"})}};
  if (spec.user_namespace) {
    // One id, as the kernel allows without a helper; runc wants it to be root inside.
    const auto map = [](std::uint64_t outside) {
      return Array{Object{{"containerID", 0}, {"hostID", outside}, {"size", 1}}};
    };
    linux_part.set("uidMappings", map(spec.host_uid));
    linux_part.set("gidMappings", map(spec.host_gid));
  } else {
    // A relative path: below our own group, so that limits around us hold for the container too.
    linux_part.set("cgroupsPath", spec.name);
    linux_part.set("resources", resources(spec.run.limits));
  }
  return Object{{"ociVersion", "1.0.2"},
                {"process", process_json(spec)},
                {"root", Object{{"path", spec.rootfs}, {"readonly", spec.run.read_only}}},
                {"hostname", "sluice"},
                {"mounts", mounts(spec)},
                {"linux", std::move(linux_part)}};
}

}  // namespace sluice::sandbox

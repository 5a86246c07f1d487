#include "sandbox/observe/call_policy.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice::sandbox {
namespace {

// Calls that a container without capabilities has no business with. Sorted.
constexpr auto k_refused = std::to_array<std::string_view>({
    "_sysctl",
    "acct",
    "add_key",
    "afs_syscall",
    "bdflush",
    "bpf",
    "break",
    "chroot",
    "clock_settime",
    "clock_settime64",
    "create_module",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "ftime",
    "get_kernel_syms",
    "get_mempolicy",
    "getpmsg",
    "gtty",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lock",
    "lookup_dcookie",
    "mbind",
    "migrate_pages",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "mpx",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "pciconfig_iobase",
    "pciconfig_read",
    "pciconfig_write",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "prof",
    "profil",
    "putpmsg",
    "query_module",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "security",
    "set_mempolicy",
    "set_mempolicy_home_node",
    "setdomainname",
    "sethostname",
    "setns",
    "settimeofday",
    "stime",
    "stty",
    "swapoff",
    "swapon",
    "sysfs",
    "syslog",
    "tuxcall",
    "ulimit",
    "umount",
    "umount2",
    "unshare",
    "uselib",
    "userfaultfd",
    "ustat",
    "vhangup",
    "vm86",
    "vm86old",
    "vserver",
});
static_assert(std::is_sorted(k_refused.begin(), k_refused.end()));

// Besides the refused and the conditional ones. Sorted.
constexpr auto k_selected = std::to_array<std::string_view>({
    "bind",
    "capset",
    "chmod",
    "chown",
    "connect",
    "creat",
    "execve",
    "execveat",
    "fchmodat",
    "fchmodat2",
    "fchownat",
    "kcmp",
    "lchown",
    "link",
    "linkat",
    "listen",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "open",
    "openat",
    "openat2",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendmmsg",
    "sendto",
    "setfsgid",
    "setfsuid",
    "setgid",
    "setgroups",
    "setregid",
    "setresgid",
    "setresuid",
    "setreuid",
    "setuid",
    "symlink",
    "symlinkat",
    "truncate",
    "unlink",
    "unlinkat",
});
static_assert(std::is_sorted(k_selected.begin(), k_selected.end()));

using Danger = std::pair<std::string_view, std::string_view>;
// By call. Sorted.
constexpr auto k_dangers = std::to_array<Danger>({
    {"acct", "accounting"},
    {"add_key", "keyring"},
    {"bpf", "bpf"},
    {"clock_settime", "clock"},
    {"clock_settime64", "clock"},
    {"clone", "namespace"},  // refused with namespace flags only
    {"create_module", "module"},
    {"delete_module", "module"},
    {"fanotify_init", "fanotify"},
    {"finit_module", "module"},
    {"fsconfig", "mount"},
    {"fsmount", "mount"},
    {"fsopen", "mount"},
    {"fspick", "mount"},
    {"init_module", "module"},
    {"ioperm", "io-port"},
    {"iopl", "io-port"},
    {"kexec_file_load", "kexec"},
    {"kexec_load", "kexec"},
    {"keyctl", "keyring"},
    {"mount", "mount"},
    {"mount_setattr", "mount"},
    {"move_mount", "mount"},
    {"open_by_handle_at", "file-handle"},
    {"open_tree", "mount"},
    {"perf_event_open", "perf"},
    {"pidfd_getfd", "ptrace"},
    {"pivot_root", "mount"},
    {"process_vm_readv", "ptrace"},
    {"process_vm_writev", "ptrace"},
    {"ptrace", "ptrace"},
    {"quotactl", "quota"},
    {"quotactl_fd", "quota"},
    {"reboot", "reboot"},
    {"request_key", "keyring"},
    {"setdomainname", "host-name"},
    {"sethostname", "host-name"},
    {"setns", "namespace"},
    {"settimeofday", "clock"},
    {"swapoff", "swap"},
    {"swapon", "swap"},
    {"syslog", "kernel-log"},
    {"umount", "mount"},
    {"umount2", "mount"},
    {"unshare", "namespace"},
    {"userfaultfd", "userfaultfd"},
});
static_assert(std::is_sorted(k_dangers.begin(), k_dangers.end()));

}  // namespace

CallRule rule_of(std::string_view name) {
  if (std::binary_search(k_refused.begin(), k_refused.end(), name)) return CallRule::refuse;
  if (name == "clone" || name == "personality" || name == "socket") return CallRule::conditional;
  return name == "clone3" ? CallRule::absent : CallRule::allow;
}

bool refuses_arguments(std::string_view name, const std::array<std::uint64_t, 6>& arguments,
                       bool local_sockets_only) {
  if (name == "clone") return (arguments[0] & k_namespace_flags) != 0;
  if (name == "personality") {
    return std::find(k_personalities.begin(), k_personalities.end(), arguments[0]) == k_personalities.end();
  }
  const auto family = static_cast<int>(arguments[0]);
  if (local_sockets_only) return family != AF_UNIX && family != AF_NETLINK;
  return family == AF_VSOCK;
}

bool is_selected(std::string_view name) {
  return std::binary_search(k_selected.begin(), k_selected.end(), name);
}

std::string_view danger_class(std::string_view name) {
  const auto found =
      std::lower_bound(k_dangers.begin(), k_dangers.end(), name,
                       [](const Danger& danger, std::string_view call) { return danger.first < call; });
  return found != k_dangers.end() && found->first == name ? found->second : std::string_view{};
}

ProfileNames::ProfileNames(const std::optional<SyscallProfile>& profile) : given_(profile.has_value()) {
  if (profile) names_.insert(profile->allowed.begin(), profile->allowed.end());
}

CallAnswer answer_of(const CallPolicy& policy, const ProfileNames& names, std::string_view name,
                     const std::array<std::uint64_t, 6>& arguments) {
  if (name.starts_with("i386:")) name.remove_prefix(5);
  if (name.starts_with('#')) return {ENOSYS, false, false};  // as on an older kernel
  switch (rule_of(name)) {
    case CallRule::refuse:
      return {EPERM, true, false};
    case CallRule::absent:
      return {ENOSYS, false, false};
    case CallRule::conditional:
      if (refuses_arguments(name, arguments, policy.local_sockets_only)) return {EPERM, true, false};
      break;
    case CallRule::allow:
      break;
  }
  if (names.lists(name)) return {};
  if (policy.profile && policy.profile->miss == SyscallProfile::Miss::record) return {0, false, true};
  return {EPERM, true, false};
}

}  // namespace sluice::sandbox

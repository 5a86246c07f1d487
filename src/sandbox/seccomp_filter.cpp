#include "sandbox/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/file.h"

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

constexpr int k_highest_number = 1024;  // no architecture of ours has calls beyond
// As engines do: the values that real programs ask for.
constexpr auto k_personalities = std::to_array<scmp_datum_t>({0x0, 0x0008, 0x20000, 0x20008, 0xffffffff});
constexpr auto k_namespace_flags = std::to_array<scmp_datum_t>(
    {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET});

struct ContextDeleter {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ContextDeleter>;

tl::unexpected<Error> failed(std::string_view step, int rc) {
  return fail_errno("sandbox.seccomp", "cannot build the system call filter: " + std::string(step), -rc);
}

// Calls with conditions on their arguments, and clone3, whose flags a filter cannot see: ENOSYS makes libc
// use clone.
Status add_conditional(scmp_filter_ctx context, std::string_view name, int number,
                       const FilterOptions& options) {
  const auto add = [&](std::uint32_t action, std::initializer_list<scmp_arg_cmp> conditions) -> Status {
    const int rc = seccomp_rule_add_array(context, action, number, static_cast<unsigned>(conditions.size()),
                                          conditions.begin());
    if (rc != 0) return failed(name, rc);
    return {};
  };
  if (name == "clone3") return add(SCMP_ACT_ERRNO(ENOSYS), {});
  if (name == "clone") {
    scmp_datum_t mask = 0;
    for (const scmp_datum_t flag : k_namespace_flags) mask |= flag;
    return add(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, mask, 0}});
  }
  if (name == "personality") {
    for (const scmp_datum_t value : k_personalities) {
      SLUICE_CHECK(add(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_EQ, value, 0}}));
    }
    return {};
  }
  // socket
  if (!options.local_sockets_only) return add(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_NE, AF_VSOCK, 0}});
  SLUICE_CHECK(add(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_EQ, AF_UNIX, 0}}));
  return add(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_EQ, AF_NETLINK, 0}});
}

bool is_conditional(std::string_view name) {
  return name == "clone" || name == "clone3" || name == "personality" || name == "socket";
}

// All calls that libseccomp knows of the context's one architecture. Returns the highest number.
Result<int> add_known(scmp_filter_ctx context, std::uint32_t architecture, const FilterOptions& options) {
  int highest = 0;
  for (int number = 0; number < k_highest_number; ++number) {
    const std::unique_ptr<char, decltype(&std::free)> text(
        seccomp_syscall_resolve_num_arch(architecture, number), &std::free);
    if (!text) continue;
    highest = number;
    const std::string_view name = text.get();
    if (std::binary_search(k_refused.begin(), k_refused.end(), name)) continue;
    // Rules take the number of our own architecture or, for a call that it lacks, libseccomp's stand-in.
    const int own = seccomp_syscall_resolve_name(text.get());
    if (own == __NR_SCMP_ERROR) continue;
    if (is_conditional(name)) {
      SLUICE_CHECK(add_conditional(context, name, own, options));
      continue;
    }
    const int rc = seccomp_rule_add(context, SCMP_ACT_ALLOW, own, 0);
    if (rc != 0 && rc != -EEXIST) return failed(name, rc);
  }
  return highest;
}

Result<Bytes> exported(scmp_filter_ctx context) {
  const Fd memory(static_cast<int>(::memfd_create("seccomp", MFD_CLOEXEC)));
  if (!memory.valid()) return fail_errno("sandbox.seccomp", "cannot make a memory file", errno);
  if (const int rc = seccomp_export_bpf(context, memory.get()); rc != 0) return failed("export", rc);
  if (::lseek(memory.get(), 0, SEEK_SET) != 0) return fail_errno("sandbox.seccomp", "cannot rewind", errno);
  return read_fd(memory.get(), "seccomp filter");
}

// Numbers over the highest that we know: ENOSYS. Other architectures and x32 (bit 30) go on to the filter
// proper.
Bytes newer_calls_do_not_exist(int highest, std::uint32_t audit_architecture) {
  constexpr std::uint32_t k_x32_bit = 0x40000000;
  const std::array<sock_filter, 6> code{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, arch)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 4, audit_architecture},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JGE | BPF_K, 2, 0, k_x32_bit},
      {BPF_JMP | BPF_JGT | BPF_K, 0, 1, static_cast<std::uint32_t>(highest)},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
  }};
  Bytes bytes(sizeof(code), '\0');
  std::memcpy(bytes.data(), code.data(), sizeof(code));
  return bytes;
}

std::uint32_t native_audit_architecture() {
#if defined(__x86_64__)
  return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
  return AUDIT_ARCH_AARCH64;
#else
#error "the sandbox knows x86_64 and aarch64"
#endif
}

// The filter of one architecture; calls of another get ENOSYS. One context for two would take five times as
// long to build, and this is on the way of every start.
Result<Bytes> filter_of(std::uint32_t architecture, std::uint32_t audit, const FilterOptions& options) {
  const Context context(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!context) return failed("init", -ENOMEM);
  if (architecture != seccomp_arch_native()) {
    if (const int rc = seccomp_arch_add(context.get(), architecture); rc != 0)
      return failed("architecture", rc);
    if (const int rc = seccomp_arch_remove(context.get(), seccomp_arch_native()); rc != 0) {
      return failed("architecture", rc);
    }
  }
  // Binary search over the calls in place of one comparison a call.
  if (const int rc = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2); rc != 0) {
    return failed("optimise", rc);
  }
  if (const int rc = seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
      rc != 0) {
    return failed("other architectures", rc);
  }
  const int highest = SLUICE_TRY(add_known(context.get(), architecture, options));
  return newer_calls_do_not_exist(highest, audit) + SLUICE_TRY(exported(context.get()));
}

// `first` decides calls of the architecture `audit`, `second` all others. Both end in returns, never run off
// their end.
Bytes by_architecture(std::uint32_t audit, const Bytes& first, const Bytes& second) {
  const auto length = static_cast<std::uint32_t>(first.size() / sizeof(sock_filter));
  const std::array<sock_filter, 3> code{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, arch)},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, audit},
      {BPF_JMP | BPF_JA, 0, 0, length},  // a conditional jump reaches 255 instructions only
  }};
  Bytes bytes(sizeof(code), '\0');
  std::memcpy(bytes.data(), code.data(), sizeof(code));
  return bytes + first + second;
}

}  // namespace

Result<Bytes> default_filter(const FilterOptions& options) {
  Bytes native = SLUICE_TRY(filter_of(seccomp_arch_native(), native_audit_architecture(), options));
  // 32-bit programs run too, unless sockets are to be filtered: i386 hides them behind socketcall.
  if (seccomp_arch_native() != SCMP_ARCH_X86_64 || options.local_sockets_only) return native;
  const Bytes i386 = SLUICE_TRY(filter_of(SCMP_ARCH_X86, AUDIT_ARCH_I386, options));
  return by_architecture(native_audit_architecture(), native, i386);
}

bool filters_supported(std::string& reason) {
  // A null program: EFAULT means that the kernel would have read it.
  errno = 0;
  static_cast<void>(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr));
  if (errno == EFAULT) return true;
  reason = std::strerror(errno);
  return false;
}

bool notification_supported() {
  std::uint32_t action = SECCOMP_RET_USER_NOTIF;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace sluice::sandbox

#include "sandbox/seccomp_filter.h"

#include <fcntl.h>
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

constexpr int k_highest_number = 1024;  // no architecture of ours has calls beyond
struct ContextDeleter {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ContextDeleter>;

tl::unexpected<Error> failed(std::string_view step, int rc) {
  return fail_errno("sandbox.seccomp", "cannot build the system call filter: " + std::string(step), -rc);
}

constexpr std::uint64_t k_long_send = 512;  // bytes; longer ones are no DNS queries

// Adds the rules of one architecture's calls.
class Rules {
 public:
  Rules(scmp_filter_ctx context, const FilterOptions& options, const ProfileNames& names)
      : context_(context),
        options_(options),
        names_(names),
        watch_(options.policy.watches()),
        all_(options.policy.observe == ObserveMode::all),
        selected_(options.policy.observe == ObserveMode::selected),
        hand_over_(options.by == Observer::ptrace ? SCMP_ACT_TRACE(0) : SCMP_ACT_NOTIFY) {}

  // What gets no rule is refused: the context's default.
  Status add(std::string_view name, int number) {
    number_ = number;
    name_ = name;
    const CallRule rule = rule_of(name);
    if (rule == CallRule::refuse) return watch_ ? put(hand_over_) : Status{};
    if (rule == CallRule::absent) return put(all_ ? hand_over_ : SCMP_ACT_ERRNO(ENOSYS));
    if (!names_.lists(name)) {
      const auto& profile = options_.policy.profile;
      const bool record = profile && profile->miss == SyscallProfile::Miss::record;
      return record || all_ ? put(hand_over_) : Status{};
    }
    if (all_) return put(hand_over_);
    if (rule == CallRule::conditional) return conditional();
    if (selected_ && is_selected(name)) return selected();
    return put(SCMP_ACT_ALLOW);
  }

 private:
  Status put(std::uint32_t action, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    const int rc = seccomp_rule_add_array(context_, action, number_, static_cast<unsigned>(conditions.size()),
                                          conditions.begin());
    if (rc != 0 && rc != -EEXIST) return failed(name_, rc);
    return {};
  }

  Status conditional() {
    if (name_ == "clone") {
      SLUICE_CHECK(put(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, k_namespace_flags, 0}}));
      for (std::uint64_t bit = 1; watch_ && bit <= k_namespace_flags; bit <<= 1) {
        if ((k_namespace_flags & bit) == 0) continue;
        SLUICE_CHECK(put(hand_over_, {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, bit, bit}}));
      }
      return {};
    }
    if (name_ == "personality") {
      for (const std::uint64_t value : k_personalities) {
        SLUICE_CHECK(put(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_EQ, value, 0}}));
      }
      return {};
    }
    // socket: what it is used for is seen when it is bound or connected.
    if (!options_.policy.local_sockets_only) {
      SLUICE_CHECK(put(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_NE, AF_VSOCK, 0}}));
      if (watch_) return put(hand_over_, {scmp_arg_cmp{0, SCMP_CMP_EQ, AF_VSOCK, 0}});
      return {};
    }
    if (watch_) return put(hand_over_);
    SLUICE_CHECK(put(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_EQ, AF_UNIX, 0}}));
    return put(SCMP_ACT_ALLOW, {scmp_arg_cmp{0, SCMP_CMP_EQ, AF_NETLINK, 0}});
  }

  // Directories opened for listing, and long sends on connected sockets, are many and say little.
  Status selected() {
    if (name_ == "open" || name_ == "openat") {
      const unsigned argument = name_ == "open" ? 1 : 2;
      constexpr scmp_datum_t quiet = O_DIRECTORY | O_PATH;
      SLUICE_CHECK(put(hand_over_, {scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, quiet, 0}}));
      for (const int flag : {O_DIRECTORY, O_PATH}) {
        const auto bit = static_cast<scmp_datum_t>(flag);
        SLUICE_CHECK(put(SCMP_ACT_ALLOW, {scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, bit, bit}}));
      }
      return {};
    }
    if (name_ == "sendto") {
      SLUICE_CHECK(put(hand_over_, {scmp_arg_cmp{4, SCMP_CMP_NE, 0, 0}}));
      SLUICE_CHECK(put(hand_over_,
                       {scmp_arg_cmp{2, SCMP_CMP_LT, k_long_send, 0}, scmp_arg_cmp{4, SCMP_CMP_EQ, 0, 0}}));
      return put(SCMP_ACT_ALLOW,
                 {scmp_arg_cmp{2, SCMP_CMP_GE, k_long_send, 0}, scmp_arg_cmp{4, SCMP_CMP_EQ, 0, 0}});
    }
    return put(hand_over_);
  }

  scmp_filter_ctx context_;
  const FilterOptions& options_;
  const ProfileNames& names_;
  bool watch_;
  bool all_;
  bool selected_;
  std::uint32_t hand_over_;
  int number_ = 0;
  std::string_view name_;
};

// All calls that libseccomp knows of the context's one architecture. Returns the highest number.
Result<int> add_known(scmp_filter_ctx context, std::uint32_t architecture, const FilterOptions& options,
                      const ProfileNames& names) {
  Rules rules(context, options, names);
  int highest = 0;
  for (int number = 0; number < k_highest_number; ++number) {
    const std::unique_ptr<char, decltype(&std::free)> text(
        seccomp_syscall_resolve_num_arch(architecture, number), &std::free);
    if (!text) continue;
    highest = number;
    // Rules take the number of our own architecture or, for a call that it lacks, libseccomp's stand-in.
    const int own = seccomp_syscall_resolve_name(text.get());
    if (own == __NR_SCMP_ERROR) continue;
    SLUICE_CHECK(rules.add(text.get(), own));
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
Bytes newer_calls_do_not_exist(int highest, std::uint32_t audit_architecture, std::uint32_t action) {
  constexpr std::uint32_t k_x32_bit = 0x40000000;
  const std::array<sock_filter, 6> code{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, arch)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 4, audit_architecture},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JGE | BPF_K, 2, 0, k_x32_bit},
      {BPF_JMP | BPF_JGT | BPF_K, 0, 1, static_cast<std::uint32_t>(highest)},
      {BPF_RET | BPF_K, 0, 0, action},
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
Result<Bytes> filter_of(std::uint32_t architecture, std::uint32_t audit, const FilterOptions& options,
                        const ProfileNames& names) {
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
  const int highest = SLUICE_TRY(add_known(context.get(), architecture, options, names));
  std::uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;
  if (options.policy.watches()) {
    unknown = options.by == Observer::ptrace ? SECCOMP_RET_TRACE : SECCOMP_RET_USER_NOTIF;
  }
  return newer_calls_do_not_exist(highest, audit, unknown) + SLUICE_TRY(exported(context.get()));
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

Status check_names(const std::optional<SyscallProfile>& profile) {
  if (!profile) return {};
  for (const std::string& name : profile->allowed) {
    if (seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR) continue;
    return fail(ErrorKind::config, "sandbox.spec",
                "\"" + name + "\" is no system call that libseccomp knows");
  }
  return {};
}

}  // namespace

Result<Bytes> make_filter(const FilterOptions& options) {
  SLUICE_CHECK(check_names(options.policy.profile));
  const ProfileNames names(options.policy.profile);
  Bytes native = SLUICE_TRY(filter_of(seccomp_arch_native(), native_audit_architecture(), options, names));
  // 32-bit programs run too, unless sockets are to be filtered: i386 hides them behind socketcall.
  if (seccomp_arch_native() != SCMP_ARCH_X86_64 || options.policy.local_sockets_only) return native;
  const Bytes i386 = SLUICE_TRY(filter_of(SCMP_ARCH_X86, AUDIT_ARCH_I386, options, names));
  return by_architecture(native_audit_architecture(), native, i386);
}

std::string call_name(std::uint32_t audit_architecture, int number) {
  const bool native = audit_architecture == native_audit_architecture();
  const std::uint32_t architecture = native ? seccomp_arch_native() : std::uint32_t{SCMP_ARCH_X86};
  const std::unique_ptr<char, decltype(&std::free)> text(
      seccomp_syscall_resolve_num_arch(architecture, number), &std::free);
  const std::string name = text ? text.get() : "#" + std::to_string(number);
  return native ? name : "i386:" + name;
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

#include "scan/confine.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

namespace sluice::scan {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool k_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool k_sanitized = true;
#else
constexpr bool k_sanitized = false;
#endif
#else
constexpr bool k_sanitized = false;
#endif

Status limit(__rlimit_resource resource, std::uint64_t value, const char* name) {
  struct rlimit now{};
  if (getrlimit(resource, &now) != 0)
    return fail_errno("scan.confine", std::string("getrlimit ") + name, errno);
  // Never above what is already set for us.
  const rlim_t wanted = std::min<rlim_t>(value, now.rlim_max);
  const struct rlimit limits{wanted, wanted};
  if (setrlimit(resource, &limits) != 0)
    return fail_errno("scan.confine", std::string("setrlimit ") + name, errno);
  return {};
}

Status limit_resources(const Confinement& confinement) {
  if (!k_sanitized) {
    SLUICE_CHECK(limit(RLIMIT_AS, confinement.memory_bytes, "AS"));
    SLUICE_CHECK(limit(RLIMIT_NOFILE, 0, "NOFILE"));  // no new descriptors; open ones stay
  }
  SLUICE_CHECK(limit(RLIMIT_CPU, confinement.cpu_seconds, "CPU"));
  SLUICE_CHECK(limit(RLIMIT_FSIZE, 0, "FSIZE"));
  SLUICE_CHECK(limit(RLIMIT_CORE, 0, "CORE"));
  return {};
}

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};

// What an analyser needs: memory, time, randomness for hash seeds, its open descriptors, and to die by
// assert().
constexpr std::array k_allowed{
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_getaffinity),
};

// What libraries try and do without: they are told "no permission", which they must handle anyway.
constexpr std::array k_refused{
    SCMP_SYS(open),       SCMP_SYS(openat),  SCMP_SYS(stat),  SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(access),  SCMP_SYS(ioctl), SCMP_SYS(readlink),
    SCMP_SYS(prlimit64),  SCMP_SYS(sysinfo), SCMP_SYS(uname),
};

Status filter_system_calls() {
  // A sanitizer reads /proc/self when it unwinds or reports: its builds may open files, and an unlisted call
  // is refused instead of deadly.
  const std::uint32_t otherwise = k_sanitized ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS;
  const std::unique_ptr<void, Release> filter(seccomp_init(otherwise));
  if (!filter) return fail(ErrorKind::unsupported, "scan.confine", "seccomp_init failed");
  int bad = 0;
  for (const int call : k_allowed) bad |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
  for (const int call : k_refused) {
    bad |= seccomp_rule_add(filter.get(), k_sanitized ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES), call, 0);
  }
  if (k_sanitized) {  // UBSan asks by way of a pipe whether an address can be read
    for (const int call : {SCMP_SYS(pipe), SCMP_SYS(pipe2)}) {
      bad |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
    }
  }
  // Memory that is never executable: foreign text must not become code.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    bad |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!k_sanitized) {
      bad |= seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), call, 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    }
  }
  // abort(): a signal to itself only.
  bad |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                          SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid())));
  if (bad != 0) return fail(ErrorKind::unsupported, "scan.confine", "a seccomp rule was refused");
  if (const int error = seccomp_load(filter.get()); error != 0) {
    return fail_errno("scan.confine", "the kernel refuses the seccomp filter", -error);
  }
  return {};
}

}  // namespace

Status confine(const Confinement& confinement) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail_errno("scan.confine", "PR_SET_PDEATHSIG", errno);
  if (getppid() != confinement.parent) return fail(ErrorKind::io, "scan.confine", "the parent is gone");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail_errno("scan.confine", "PR_SET_NO_NEW_PRIVS", errno);
  SLUICE_CHECK(limit_resources(confinement));
  return filter_system_calls();
}

}  // namespace sluice::scan

#include "sandbox/harden/calls.h"

#include <algorithm>
#include <array>
#include <map>

namespace sluice::sandbox::harden {
namespace {

// Whether these are called is decided by scheduling, by the size of a heap or by an error path, so one run
// more would add them and the next take them away; none of them reaches out of the process or opens anything.
constexpr auto k_base = std::to_array<std::string_view>({"brk",
                                                         "clock_gettime",
                                                         "clock_nanosleep",
                                                         "close",
                                                         "exit",
                                                         "exit_group",
                                                         "futex",
                                                         "getpid",
                                                         "gettid",
                                                         "madvise",
                                                         "mmap",
                                                         "mprotect",
                                                         "mremap",
                                                         "munmap",
                                                         "nanosleep",
                                                         "read",
                                                         "restart_syscall",
                                                         "rt_sigaction",
                                                         "rt_sigprocmask",
                                                         "rt_sigreturn",
                                                         "rt_sigtimedwait",
                                                         "sched_yield",
                                                         "set_robust_list",
                                                         "sigaltstack",
                                                         "tgkill",
                                                         "wait4",
                                                         "write",
                                                         "writev"});

// Version 1. What runtimes may call between loading a profile and starting the program. Enough for runc 1.1
// and podman 4.3, as tests/containers/closed_loop_test.sh shows on its images; not the least there could be.
constexpr auto k_runtime = std::to_array<std::string_view>(
    {"arch_prctl", "capget",     "capset",     "chdir",      "close",           "epoll_ctl", "epoll_pwait",
     "execve",     "faccessat2", "fchdir",     "fcntl",      "fstat",           "fstatfs",   "futex",
     "getcwd",     "getdents64", "getppid",    "newfstatat", "openat",          "prctl",     "pread64",
     "prlimit64",  "read",       "readlinkat", "rseq",       "set_tid_address", "setgid",    "setgroups",
     "setuid",     "statfs",     "statx",      "stat",       "lstat",           "getuid",    "getgid",
     "geteuid",    "getegid",    "poll",       "eventfd2",   "pipe2",           "clone",     "access"});

void add(std::map<std::string, CallReason>& calls, std::string_view name, CallReason reason) {
  calls.try_emplace(std::string(name), reason);
}

std::vector<HardeningCall> listed(const std::map<std::string, CallReason>& calls) {
  std::vector<HardeningCall> out;
  for (const auto& [name, reason] : calls) out.push_back({name, reason});
  return out;
}

// Calls of a foreign architecture or without a name cannot stand in a profile of ours.
bool usable(const SyscallSeen& seen) {
  return !seen.name.empty() && seen.name[0] != '#' && seen.name.find(':') == std::string::npos;
}

}  // namespace

std::vector<HardeningCall> learned_calls(const Trace& trace) {
  std::map<std::string, CallReason> calls;
  for (const std::string_view name : k_base) add(calls, name, CallReason::base);
  for (const SyscallSeen& seen : trace.syscalls) {
    if (usable(seen) && !seen.refused) add(calls, seen.name, CallReason::observed);
  }
  for (const std::string_view name : k_runtime) add(calls, name, CallReason::runtime);
  return listed(calls);
}

bool add_missing(std::vector<HardeningCall>& calls, const Trace& trace) {
  std::map<std::string, CallReason> known;
  for (const HardeningCall& call : calls) known.emplace(call.name, call.reason);
  const std::size_t before = known.size();
  for (const SyscallSeen& seen : trace.syscalls) {
    if (seen.missing && usable(seen)) add(known, seen.name, CallReason::runtime);
  }
  calls = listed(known);
  return calls.size() != before;
}

std::vector<std::string> names_of(const std::vector<HardeningCall>& calls) {
  std::vector<std::string> names;
  for (const HardeningCall& call : calls) names.push_back(call.name);
  return names;
}

}  // namespace sluice::sandbox::harden

// The system call filter of test containers, as bytes that a process loads on itself (struct sock_filter[]).
//
// It allows what the usual engines' default profile allows to a container without capabilities: everything
// known, except calls that reach into the kernel's or the host's state. Refused calls get EPERM; calls newer
// than our table get ENOSYS, so that programs fall back as on an older kernel.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/observe/call_policy.h"

namespace sluice::sandbox {

struct FilterOptions {
  // What is refused, and what is handed over to the supervisor. Its `local_sockets_only` refuses sockets of
  // every family but AF_UNIX and AF_NETLINK: that stands in for a network namespace where none can be had.
  CallPolicy policy;
  Observer by = Observer::notify;  // how calls are handed over, if any are
};

// Codes: sandbox.seccomp; sandbox.spec (the profile names a call that is not known).
[[nodiscard]] Result<Bytes> make_filter(const FilterOptions& options = {});

// As SyscallSeen::name, for the values of struct seccomp_data.
[[nodiscard]] std::string call_name(std::uint32_t audit_architecture, int number);

// True if this kernel takes filters. `reason` says why not.
[[nodiscard]] bool filters_supported(std::string& reason);

// True if this kernel can notify a supervisor of calls (SECCOMP_RET_USER_NOTIF, Linux 5.0).
[[nodiscard]] bool notification_supported();

}  // namespace sluice::sandbox

// Takes the powers of the calling process away before it touches foreign text: resource limits, no new
// privileges, death with the parent, and a seccomp allow-list (compute, allocate, read and write what is
// open; nothing else: no open, no exec, no network, no new process). Irreversible. The only user of
// libseccomp in this folder.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"

namespace sluice::scan {

struct Confinement {
  std::uint64_t memory_bytes =
      1u << 30;  // address space; not applied under AddressSanitizer, which reserves terabytes
  std::uint64_t cpu_seconds = 600;  // in all; a backstop, deadlines are the parent's
  pid_t parent = 0;                 // dies with it
};

// Codes: scan.confine (the system refuses one of the means; the process must not go on).
[[nodiscard]] Status confine(const Confinement& confinement);

}  // namespace sluice::scan

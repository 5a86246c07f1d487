#include "sandbox/capabilities.h"

#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace sluice::sandbox {
namespace {

// By number: CAP_CHOWN is 0.
constexpr auto k_names = std::to_array<std::string_view>({"CHOWN",
                                                          "DAC_OVERRIDE",
                                                          "DAC_READ_SEARCH",
                                                          "FOWNER",
                                                          "FSETID",
                                                          "KILL",
                                                          "SETGID",
                                                          "SETUID",
                                                          "SETPCAP",
                                                          "LINUX_IMMUTABLE",
                                                          "NET_BIND_SERVICE",
                                                          "NET_BROADCAST",
                                                          "NET_ADMIN",
                                                          "NET_RAW",
                                                          "IPC_LOCK",
                                                          "IPC_OWNER",
                                                          "SYS_MODULE",
                                                          "SYS_RAWIO",
                                                          "SYS_CHROOT",
                                                          "SYS_PTRACE",
                                                          "SYS_PACCT",
                                                          "SYS_ADMIN",
                                                          "SYS_BOOT",
                                                          "SYS_NICE",
                                                          "SYS_RESOURCE",
                                                          "SYS_TIME",
                                                          "SYS_TTY_CONFIG",
                                                          "MKNOD",
                                                          "LEASE",
                                                          "AUDIT_WRITE",
                                                          "AUDIT_CONTROL",
                                                          "SETFCAP",
                                                          "MAC_OVERRIDE",
                                                          "MAC_ADMIN",
                                                          "SYSLOG",
                                                          "WAKE_ALARM",
                                                          "BLOCK_SUSPEND",
                                                          "AUDIT_READ",
                                                          "PERFMON",
                                                          "BPF",
                                                          "CHECKPOINT_RESTORE"});
static_assert(k_names[CAP_NET_RAW] == "NET_RAW" && k_names[CAP_CHECKPOINT_RESTORE] == "CHECKPOINT_RESTORE");

}  // namespace

std::uint64_t default_capabilities() {
  std::uint64_t set = 0;
  for (const int capability :
       {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FSETID, CAP_FOWNER, CAP_NET_RAW, CAP_SETGID, CAP_SETUID, CAP_SETFCAP,
        CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_KILL, CAP_AUDIT_WRITE}) {
    set |= std::uint64_t{1} << capability;
  }
  return set;
}

std::optional<std::uint64_t> capability_by_name(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string_view word = upper;
  if (word.starts_with("CAP_")) word.remove_prefix(4);
  for (std::size_t number = 0; number < k_names.size(); ++number) {
    if (k_names[number] == word) return std::uint64_t{1} << number;
  }
  return std::nullopt;
}

std::vector<std::string> capability_names(std::uint64_t set) {
  std::vector<std::string> names;
  for (std::size_t number = 0; number < k_names.size(); ++number) {
    if ((set >> number & 1) != 0) names.emplace_back(k_names[number]);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sluice::sandbox

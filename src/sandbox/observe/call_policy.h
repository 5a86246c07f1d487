// What is done with each system call of a container: one table for the filter, which the kernel runs, and for
// the supervisor, which answers the calls that the filter hands over.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sandbox/engine.h"

namespace sluice::sandbox {

// What the engine's own list says of a call, whatever is watched.
enum class CallRule : std::uint8_t {
  allow,
  refuse,       // EPERM: it reaches into the kernel's or the host's state
  conditional,  // by its register arguments: see refuses_arguments
  absent,       // ENOSYS: clone3, whose flags a filter cannot see; libc falls back on clone
};
[[nodiscard]] CallRule rule_of(std::string_view name);

// clone's flags that make a namespace: CLONE_NEW*, as the kernel numbers them.
inline constexpr std::uint64_t k_namespace_flags =
    0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;

// personality's values that real programs ask for, as engines allow them.
inline constexpr auto k_personalities =
    std::to_array<std::uint64_t>({0x0, 0x0008, 0x20000, 0x20008, 0xffffffff});

// Of a conditional call. Register values cannot change under us, so this may be decided outside the kernel.
// `local_sockets_only` refuses all but AF_UNIX and AF_NETLINK.
[[nodiscard]] bool refuses_arguments(std::string_view name, const std::array<std::uint64_t, 6>& arguments,
                                     bool local_sockets_only);

// Watched in ObserveMode::selected.
[[nodiscard]] bool is_selected(std::string_view name);

// The dangerous class that a call belongs to ("mount", "bpf", "ptrace", …), or empty.
[[nodiscard]] std::string_view danger_class(std::string_view name);

// What the supervisor needs to answer calls as the filter would have.
struct CallPolicy {
  bool local_sockets_only = false;
  ObserveMode observe = ObserveMode::none;
  std::optional<SyscallProfile> profile;

  // True if calls are handed over at all.
  [[nodiscard]] bool watches() const {
    return observe != ObserveMode::none || (profile && profile->miss == SyscallProfile::Miss::record);
  }
};

// How one call is answered. `error` is 0 for "let it through".
struct CallAnswer {
  int error = 0;
  bool refused = false;
  bool missing = false;
};

// The names of a profile as a set; empty without a profile.
class ProfileNames {
 public:
  explicit ProfileNames(const std::optional<SyscallProfile>& profile);
  [[nodiscard]] bool lists(std::string_view name) const {
    return !given_ || names_.contains(std::string(name));
  }

 private:
  bool given_;
  std::unordered_set<std::string> names_;
};

[[nodiscard]] CallAnswer answer_of(const CallPolicy& policy, const ProfileNames& names, std::string_view name,
                                   const std::array<std::uint64_t, 6>& arguments);

}  // namespace sluice::sandbox

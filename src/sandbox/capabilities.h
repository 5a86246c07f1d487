// Linux capabilities by name, and the set that engines give by default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox {

// The most that a container may keep (RunSpec::capabilities): what engines give by default, but for
// CAP_MKNOD, which without a device control group would open the host's disks.
[[nodiscard]] std::uint64_t default_capabilities();

// "CAP_NET_RAW", "net_raw" → its bit. Nothing for an unknown name, "ALL" among them.
[[nodiscard]] std::optional<std::uint64_t> capability_by_name(std::string_view name);

// "NET_RAW" … of a set, sorted; bits without a name are left out.
[[nodiscard]] std::vector<std::string> capability_names(std::uint64_t set);

}  // namespace sluice::sandbox

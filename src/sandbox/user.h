// Whom a container runs as: an image's `User` text resolved against the image's own /etc/passwd and
// /etc/group.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::sandbox {

struct Identity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary, sorted
  std::string home = "/";
  friend bool operator==(const Identity&, const Identity&) = default;
};

// `user` is "", "name", "uid", "name:group", "uid:gid" in any mix, as in the OCI image configuration. "" is
// root. A number need not be in the files; a name must be (sandbox.user). A name's supplementary groups come
// from the group file, unless a group is given. Lines that are no records are passed over, as libc does.
[[nodiscard]] Result<Identity> resolve_user(std::string_view user, std::string_view passwd,
                                            std::string_view group);

}  // namespace sluice::sandbox

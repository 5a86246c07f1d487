#include "sandbox/user.h"

#include <algorithm>
#include <optional>

#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::uint32_t k_no_id = UINT32_MAX;  // (uid_t)-1 means "do not change" to the kernel

std::optional<std::uint32_t> parse_id(std::string_view text) {
  const auto id = parse_u32(text);
  return id && *id != k_no_id ? id : std::nullopt;
}

struct PasswdLine {
  std::string_view name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string_view home;
};

// name:password:uid:gid:gecos:home:shell
std::optional<PasswdLine> passwd_line(std::string_view line) {
  const auto fields = split(line, ':');
  if (fields.size() < 4 || fields[0].empty()) return std::nullopt;
  const auto uid = parse_id(fields[2]);
  const auto gid = parse_id(fields[3]);
  if (!uid || !gid) return std::nullopt;
  return PasswdLine{fields[0], *uid, *gid, fields.size() > 5 ? fields[5] : std::string_view{}};
}

std::optional<PasswdLine> find_user(std::string_view passwd, std::string_view user) {
  const auto number = parse_id(user);
  std::optional<PasswdLine> by_number;
  for (const std::string_view line : split(passwd, '\n')) {
    const auto record = passwd_line(line);
    if (!record) continue;
    if (record->name == user) return record;  // a name that looks like a number wins, as in engines
    if (number && record->uid == *number && !by_number) by_number = record;
  }
  return by_number;
}

// name:password:gid:member,member
struct GroupLine {
  std::string_view name;
  std::uint32_t gid = 0;
  std::string_view members;
};

std::optional<GroupLine> group_line(std::string_view line) {
  const auto fields = split(line, ':');
  if (fields.size() < 3 || fields[0].empty()) return std::nullopt;
  const auto gid = parse_id(fields[2]);
  if (!gid) return std::nullopt;
  return GroupLine{fields[0], *gid, fields.size() > 3 ? fields[3] : std::string_view{}};
}

std::optional<std::uint32_t> find_group(std::string_view group, std::string_view name) {
  for (const std::string_view line : split(group, '\n')) {
    const auto record = group_line(line);
    if (record && record->name == name) return record->gid;
  }
  return parse_id(name);
}

std::vector<std::uint32_t> groups_of(std::string_view group, std::string_view user) {
  std::vector<std::uint32_t> found;
  for (const std::string_view line : split(group, '\n')) {
    const auto record = group_line(line);
    if (!record) continue;
    const auto members = split(record->members, ',');
    if (std::find(members.begin(), members.end(), user) != members.end()) found.push_back(record->gid);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

tl::unexpected<Error> no_such(std::string_view what, std::string_view name, std::string_view file) {
  return fail(
      ErrorKind::invalid, "sandbox.user",
      "the image has no " + std::string(what) + " \"" + std::string(name) + "\" in its " + std::string(file),
      "name an existing one, or use its number");
}

}  // namespace

Result<Identity> resolve_user(std::string_view user, std::string_view passwd, std::string_view group) {
  const std::size_t colon = user.find(':');
  const std::string_view name = user.substr(0, colon);
  Identity identity;
  if (const auto record = find_user(passwd, name.empty() ? "0" : name)) {
    identity.uid = record->uid;
    identity.gid = record->gid;
    if (record->home.starts_with('/')) identity.home = record->home;
    if (colon == std::string_view::npos) identity.groups = groups_of(group, record->name);
  } else if (!name.empty()) {
    const auto uid = parse_id(name);
    if (!uid) return no_such("user", name, "/etc/passwd");
    identity.uid = *uid;
  }
  if (colon == std::string_view::npos) return identity;
  const std::string_view group_name = user.substr(colon + 1);
  if (group_name.empty()) return identity;
  const auto gid = find_group(group, group_name);
  if (!gid) return no_such("group", group_name, "/etc/group");
  identity.gid = *gid;
  return identity;
}

}  // namespace sluice::sandbox

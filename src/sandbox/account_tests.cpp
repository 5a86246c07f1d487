#include "sandbox/account_tests.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "sandbox/dns_probe.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

using image::FileIndex;

constexpr std::uint64_t k_max_database_bytes = 64u << 20;

struct User {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
};

struct Group {
  std::uint32_t gid = 0;
  std::vector<std::string> members;
};

// Missing is empty. A file that is there and cannot be read is an error.
Result<std::string> optional_text(const FileIndex& index, const std::string& path) {
  if (!index.resolve(path)) return std::string();
  return index.read(path, k_max_database_bytes);
}

// Fields may be empty here, which `split` keeps between separators but not at the end.
std::vector<std::string> fields(std::string_view line) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t colon = line.find(':');
    out.emplace_back(line.substr(0, colon));
    if (colon == std::string_view::npos) return out;
    line.remove_prefix(colon + 1);
  }
}

// The first record counts, as in libc; lines that are no records are passed over.
std::map<std::string, User> users_of(std::string_view passwd) {
  std::map<std::string, User> users;
  for (const std::string_view line : split(passwd, '\n')) {
    const std::vector<std::string> field = fields(line);
    if (field.size() != 7 || field[0].empty()) continue;
    const auto uid = parse_u32(field[2]);
    const auto gid = parse_u32(field[3]);
    if (uid && gid) users.try_emplace(field[0], User{*uid, *gid, field[5], field[6]});
  }
  return users;
}

std::map<std::string, Group> groups_of(std::string_view text) {
  std::map<std::string, Group> groups;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string> field = fields(line);
    if (field.size() != 4 || field[0].empty()) continue;
    const auto gid = parse_u32(field[2]);
    if (!gid) continue;
    Group group{*gid, {}};
    for (const std::string_view member : split(field[3], ',')) group.members.emplace_back(trim(member));
    groups.try_emplace(field[0], std::move(group));
  }
  return groups;
}

template <typename T>
bool has(const std::vector<T>& list, const T& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// True if there is more to look at: the thing exists, as it should.
bool settled_existence(const std::string& what, bool wanted, bool there, Verdicts& verdicts) {
  if (wanted && !there) verdicts.fail(what + " does not exist");
  if (!wanted && there) verdicts.fail(what + " exists");
  return wanted && there;
}

std::string joined(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

// By name, the versions installed: dpkg can hold one of each architecture.
using Packages = std::map<std::string, std::vector<std::string>>;

// Paragraphs of "Key: value" lines. A package counts if its status says so; in status.d there is none.
void add_dpkg(std::string_view text, bool with_status, Packages& packages) {
  std::string name;
  std::string version;
  bool installed = !with_status;
  const auto flush = [&] {
    if (!name.empty() && installed) packages[name].push_back(version);
    name.clear();
    version.clear();
    installed = !with_status;
  };
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) {
      flush();
    } else if (line.starts_with("Package:")) {
      name = trim(line.substr(8));
    } else if (line.starts_with("Version:")) {
      version = trim(line.substr(8));
    } else if (with_status && line.starts_with("Status:")) {
      installed = line.ends_with(" installed");
    }
  }
  flush();
}

void add_apk(std::string_view text, Packages& packages) {
  std::string name;
  std::string version;
  const auto flush = [&] {
    if (!name.empty()) packages[name].push_back(version);
    name.clear();
  };
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) flush();
    if (line.starts_with("P:")) name = line.substr(2);
    if (line.starts_with("V:")) version = line.substr(2);
  }
  flush();
}

Result<Packages> packages_of(const FileIndex& index) {
  Packages packages;
  add_dpkg(SLUICE_TRY(optional_text(index, "/var/lib/dpkg/status")), true, packages);
  for (const std::string& file : index.list("/var/lib/dpkg/status.d")) {
    if (!file.ends_with(".md5sums")) {
      add_dpkg(SLUICE_TRY(optional_text(index, "/var/lib/dpkg/status.d/" + file)), false, packages);
    }
  }
  add_apk(SLUICE_TRY(optional_text(index, "/lib/apk/db/installed")), packages);
  constexpr auto rpm = std::to_array<std::string_view>(
      {"/var/lib/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages",
       "/var/lib/rpm/Packages.db", "/usr/lib/sysimage/rpm/Packages.db"});
  for (const std::string_view path : rpm) {
    if (!index.resolve(path)) continue;
    return fail(ErrorKind::unsupported, "sandbox.rpm",
                "the image's packages are in an rpm database, which is not read");
  }
  return packages;
}

}  // namespace

Outcome judge(const UserTest& test, const FileIndex& index) {
  Verdicts verdicts;
  const auto passwd = optional_text(index, "/etc/passwd");
  const auto group = optional_text(index, "/etc/group");
  if (!passwd || !group) {
    verdicts.error((passwd ? group : passwd).error().message);
    return verdicts.outcome();
  }
  const std::map<std::string, User> users = users_of(*passwd);
  const auto found = users.find(test.user);
  const std::string what = "user " + test.user;
  if (!settled_existence(what, test.exists, found != users.end(), verdicts)) return verdicts.outcome();
  const User& user = found->second;
  const auto number = [&](std::string_view name, std::optional<std::uint32_t> wanted, std::uint32_t is) {
    if (!wanted || *wanted == is) return;
    verdicts.fail(what + " has " + std::string(name) + " " + std::to_string(is) + ", not " +
                  std::to_string(*wanted));
  };
  const auto text = [&](std::string_view name, const std::optional<std::string>& wanted,
                        const std::string& is) {
    if (wanted && *wanted != is)
      verdicts.fail(what + " has " + std::string(name) + " " + quoted(is) + ", not " + quoted(*wanted));
  };
  number("uid", test.uid, user.uid);
  number("gid", test.gid, user.gid);
  text("home", test.home, user.home);
  text("shell", test.shell, user.shell);
  std::set<std::string> groups;
  for (const auto& [name, known] : groups_of(*group)) {
    if (known.gid == user.gid || has(known.members, test.user)) groups.insert(name);
  }
  for (const std::string& wanted : test.groups) {
    if (!groups.contains(wanted))
      verdicts.fail(what + " is not in group " + wanted + " (" + joined(groups) + ")");
  }
  return verdicts.outcome();
}

Outcome judge(const GroupTest& test, const FileIndex& index) {
  Verdicts verdicts;
  const auto text = optional_text(index, "/etc/group");
  if (!text) {
    verdicts.error(text.error().message);
    return verdicts.outcome();
  }
  const std::map<std::string, Group> groups = groups_of(*text);
  const auto found = groups.find(test.group);
  const std::string what = "group " + test.group;
  if (!settled_existence(what, test.exists, found != groups.end(), verdicts)) return verdicts.outcome();
  if (test.gid && *test.gid != found->second.gid) {
    verdicts.fail(what + " has gid " + std::to_string(found->second.gid) + ", not " +
                  std::to_string(*test.gid));
  }
  for (const std::string& member : test.members) {
    if (!has(found->second.members, member)) verdicts.fail(what + " does not list " + member);
  }
  return verdicts.outcome();
}

Outcome judge(const PackageTest& test, const FileIndex& index) {
  Verdicts verdicts;
  const auto packages = packages_of(index);
  if (!packages) {
    verdicts.error(packages.error().message);
    return verdicts.outcome();
  }
  const auto found = packages->find(test.package);
  const bool there = found != packages->end();
  if (test.installed && !there) verdicts.fail("package " + test.package + " is not installed");
  if (!test.installed && there)
    verdicts.fail("package " + test.package + " " + found->second.front() + " is installed");
  if (!test.installed || !there || test.versions.empty()) return verdicts.outcome();
  const bool right = std::any_of(test.versions.begin(), test.versions.end(),
                                 [&](const std::string& version) { return has(found->second, version); });
  if (!right) {
    verdicts.fail("package " + test.package + " has version " + quoted(found->second.front()) + ", not " +
                  quoted(test.versions.front()));
  }
  return verdicts.outcome();
}

Outcome judge(const DnsTest& test, const FileIndex& index) {
  const auto hosts = optional_text(index, "/etc/hosts");
  if (!hosts) return {TestStatus::error, hosts.error().message};
  return judge_addresses(test, hosts_lookup(*hosts, test.host));
}

Outcome judge_addresses(const DnsTest& test, const std::vector<std::string>& addresses) {
  Verdicts verdicts;
  if (test.resolvable && addresses.empty()) verdicts.fail(test.host + " has no address");
  if (!test.resolvable && !addresses.empty()) verdicts.fail(test.host + " resolves to " + addresses.front());
  if (!addresses.empty()) {
    for (const std::string& wanted : test.addresses) {
      if (!has(addresses, wanted))
        verdicts.fail(test.host + " resolves to " + addresses.front() + ", not to " + wanted);
    }
  }
  return verdicts.outcome();
}

Result<json::Object> user_facts(const FileIndex& index, const std::string& name) {
  const auto users = users_of(SLUICE_TRY(optional_text(index, "/etc/passwd")));
  const auto found = users.find(name);
  if (found == users.end()) return json::Object{{"exists", false}};
  const User& user = found->second;
  json::Array groups;
  for (const auto& [group, known] : groups_of(SLUICE_TRY(optional_text(index, "/etc/group")))) {
    if (known.gid == user.gid || has(known.members, name)) groups.emplace_back(group);
  }
  return json::Object{{"exists", true},
                      {"uid", std::uint64_t{user.uid}},
                      {"gid", std::uint64_t{user.gid}},
                      {"groups", std::move(groups)},
                      {"home", user.home},
                      {"shell", user.shell}};
}

Result<json::Object> group_facts(const FileIndex& index, const std::string& name) {
  const auto groups = groups_of(SLUICE_TRY(optional_text(index, "/etc/group")));
  const auto found = groups.find(name);
  if (found == groups.end()) return json::Object{{"exists", false}};
  return json::Object{{"exists", true}, {"gid", std::uint64_t{found->second.gid}}};
}

Result<json::Object> package_facts(const FileIndex& index, const std::string& name) {
  const Packages packages = SLUICE_TRY(packages_of(index));
  const auto found = packages.find(name);
  if (found == packages.end()) return json::Object{{"installed", false}};
  json::Array versions;
  for (const std::string& version : found->second) versions.emplace_back(version);
  return json::Object{{"installed", true}, {"versions", std::move(versions)}};
}

Result<std::string> user_name(const FileIndex& index, std::uint32_t uid) {
  for (const auto& [name, user] : users_of(SLUICE_TRY(optional_text(index, "/etc/passwd")))) {
    if (user.uid == uid) return name;
  }
  return std::to_string(uid);
}

Result<std::string> group_name(const FileIndex& index, std::uint32_t gid) {
  for (const auto& [name, group] : groups_of(SLUICE_TRY(optional_text(index, "/etc/group")))) {
    if (group.gid == gid) return name;
  }
  return std::to_string(gid);
}

}  // namespace sluice::sandbox

// The parts of `sluice-test.yaml` that speak of users, groups and packages.
#include "base/decode.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Mapping;

// What must not be there has no other properties: one that were given would never be looked at.
Status only_if(bool there, Mapping& mapping, std::string_view absence,
               std::initializer_list<std::string_view> keys) {
  if (there) return {};
  for (const std::string_view key : keys) {
    const yaml::Node* node = mapping.get(key);
    if (node == nullptr) continue;
    return fail(mapping.document().error(
        *node, "config.conflict", "\"" + std::string(key) + "\" says nothing with " + std::string(absence)));
  }
  return {};
}

Result<std::string> name_at(Mapping& mapping, std::string_view key) {
  std::string name = SLUICE_TRY(mapping.required_string(key));
  if (!name.empty() && name.find_first_of(":\n\0", 0, 3) == std::string::npos) return name;
  return fail(mapping.document().error(*mapping.get(key), "config.range", std::string(key) + " is no name"));
}

}  // namespace

Result<UserTest> user_test(Mapping& mapping) {
  UserTest test;
  test.user = SLUICE_TRY(name_at(mapping, "user"));
  test.exists = SLUICE_TRY(mapping.optional_bool("exists", true));
  test.uid = SLUICE_TRY(id_of(mapping, "uid"));
  test.gid = SLUICE_TRY(id_of(mapping, "gid"));
  test.home = SLUICE_TRY(mapping.optional_string("home"));
  test.shell = SLUICE_TRY(mapping.optional_string("shell"));
  test.groups = SLUICE_TRY(mapping.optional_strings("groups"));
  SLUICE_CHECK(only_if(test.exists, mapping, "exists: false", {"uid", "gid", "home", "shell", "groups"}));
  return test;
}

Result<GroupTest> group_test(Mapping& mapping) {
  GroupTest test;
  test.group = SLUICE_TRY(name_at(mapping, "group"));
  test.exists = SLUICE_TRY(mapping.optional_bool("exists", true));
  test.gid = SLUICE_TRY(id_of(mapping, "gid"));
  test.members = SLUICE_TRY(mapping.optional_strings("members"));
  SLUICE_CHECK(only_if(test.exists, mapping, "exists: false", {"gid", "members"}));
  return test;
}

Result<PackageTest> package_test(Mapping& mapping) {
  PackageTest test;
  test.package = SLUICE_TRY(name_at(mapping, "package"));
  test.installed = SLUICE_TRY(mapping.optional_bool("installed", true));
  if (const yaml::Node* versions = mapping.get("versions")) {
    test.versions = SLUICE_TRY(as_words(mapping.document(), *versions, "versions"));
  }
  SLUICE_CHECK(only_if(test.installed, mapping, "installed: false", {"versions"}));
  return test;
}

}  // namespace sluice::sandbox

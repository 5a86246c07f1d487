// User, group and package tests: answered from the image's own files, without a container.
#pragma once

#include "image/file_index.h"
#include "sandbox/outcome.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox {

[[nodiscard]] Outcome judge(const UserTest& test, const image::FileIndex& index);
[[nodiscard]] Outcome judge(const GroupTest& test, const image::FileIndex& index);

// Reads dpkg's database (status, status.d) and apk's. An image with neither has no packages, unless it has an
// rpm database, which is not read: then the test is an error.
[[nodiscard]] Outcome judge(const PackageTest& test, const image::FileIndex& index);

// By the image's hosts file only; a test with a port asks the service (service_run.h).
[[nodiscard]] Outcome judge(const DnsTest& test, const image::FileIndex& index);
// What the answer says about the expectation.
[[nodiscard]] Outcome judge_addresses(const DnsTest& test, const std::vector<std::string>& addresses);

// The same as attributes, for matchers: user {exists, uid, gid, groups, home, shell}, group {exists, gid},
// package {installed, versions}. What is not there has only the first.
[[nodiscard]] Result<json::Object> user_facts(const image::FileIndex& index, const std::string& name);
[[nodiscard]] Result<json::Object> group_facts(const image::FileIndex& index, const std::string& name);
[[nodiscard]] Result<json::Object> package_facts(const image::FileIndex& index, const std::string& name);
// The name of an id, or its number as text.
[[nodiscard]] Result<std::string> user_name(const image::FileIndex& index, std::uint32_t uid);
[[nodiscard]] Result<std::string> group_name(const image::FileIndex& index, std::uint32_t gid);

}  // namespace sluice::sandbox

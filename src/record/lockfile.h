// Lock files of package managers as dependencies of a build: each package by its package URL, with the hashes
// that the lock file itself holds. Nothing is computed, and nothing is fetched.
//
//   npm       package-lock.json, npm-shrinkwrap.json (v1 to v3), yarn.lock (1 and berry), pnpm-lock.yaml
//   Python    poetry.lock, uv.lock, Pipfile.lock, requirements*.txt with hashes
//   others    Cargo.lock, go.sum, Gemfile.lock, composer.lock
//
// Of a package with several files (wheels) each file's hash is a dependency of its own: which one was
// installed the lock file does not say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/predicates.h"
#include "base/result.h"

namespace sluice::record {

inline constexpr std::size_t k_max_lockfile_bytes = 64u << 20;
inline constexpr std::size_t k_max_packages = 50'000;  // of one lock file

struct LockedPackages {
  std::vector<attest::Dependency> packages;  // in the file's order; without digest where the file has none
  std::size_t without_digest = 0;
};

// True if a file of that name (its last part) is a lock file that read_lockfile knows.
[[nodiscard]] bool is_lockfile(std::string_view name);

// `path` decides the format by its last part. Codes: record.lockfile (not what its name says),
// record.lockfile-limit, and those of json::parse and yaml::parse.
[[nodiscard]] Result<LockedPackages> read_lockfile(std::string_view path, std::string_view text);

// A hash as lock files write it: "sha512-<base64>", "sha256:<hex>", "h1:<base64>", "<hex>"; the name and
// value of an in-toto digest, or nothing. Of several ("sha1-… sha512-…") the strongest.
struct LockHash {
  std::string algorithm;
  std::string hex;
};
[[nodiscard]] std::optional<LockHash> parse_lock_hash(std::string_view text);

}  // namespace sluice::record

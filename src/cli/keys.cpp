#include "cli/keys.h"

#include "attest/keyring_file.h"
#include "base/effects.h"
#include "base/file.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_key_file = 64u << 10;

Result<std::optional<std::chrono::sys_seconds>> time_of(const std::string& text, const std::string& what) {
  if (text.empty()) return std::optional<std::chrono::sys_seconds>{};
  auto time = parse_time(text);
  if (!time) {
    return fail(ErrorKind::config, "config.time", what + " is no RFC 3339 time: \"" + text + "\"",
                "write it as 2026-01-31T00:00:00Z");
  }
  return std::optional(*time);
}

}  // namespace

Result<attest::Keyring> load_keyring(const Config& config) {
  std::vector<attest::KeyConfig> keys;
  for (const KeyConfig& key : config.keys) {
    attest::KeyConfig entry;
    entry.name = key.name;
    entry.pem = SLUICE_TRY(read_file(config.resolve(key.public_key), k_max_key_file));
    entry.roles = key.roles;
    entry.builder = key.builder;
    entry.max_level = key.max_level;
    entry.place = key.in_job ? attest::KeyPlace::job : attest::KeyPlace::service;
    entry.not_before = SLUICE_TRY(time_of(key.not_before, "not_before of key " + key.name));
    entry.not_after = SLUICE_TRY(time_of(key.not_after, "not_after of key " + key.name));
    entry.revocation_reason = key.revocation_reason;
    entry.compromised = key.compromised;
    entry.revoked_at = SLUICE_TRY(time_of(key.revoked, "revoked of key " + key.name));
    keys.push_back(std::move(entry));
  }
  if (!config.keyring.empty()) {
    const Bytes text = SLUICE_TRY(read_file(config.resolve(config.keyring), attest::k_max_keyring_bytes));
    attest::KeyringFile file = SLUICE_TRY(attest::parse_keyring(text, config.keyring));
    for (attest::KeyConfig& key : file.keys) keys.push_back(std::move(key));
  }
  return attest::Keyring::build(std::move(keys));
}

}  // namespace sluice::cli

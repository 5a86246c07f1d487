#include "attest/keyring.h"

#include <algorithm>

#include "base/effects.h"

namespace sluice::attest {
namespace {

constexpr int k_highest_level = 3;
constexpr int k_highest_level_in_job = 1;

[[nodiscard]] Status check_level(const KeyConfig& config) {
  const auto refuse = [&](std::string why, std::string hint) {
    return fail(ErrorKind::config, "attest.keyring-level",
                "the key \"" + config.name + "\" " + std::move(why), std::move(hint));
  };
  if (config.max_level < 0 || config.max_level > k_highest_level)
    return refuse("has no SLSA Build level from 0 to 3", "");
  if (config.max_level <= k_highest_level_in_job) return {};
  if (config.place == KeyPlace::job) {
    return refuse("lies in the job that it signs for, which is level 1 at most",
                  "only a signer that builds cannot reach proves more: place = service");
  }
  if (config.builder.empty()) return refuse("has a level but no builder that it speaks for", "");
  return {};
}

}  // namespace

int build_level(const KeyConfig& key, std::string_view builder_id) {
  if (key.builder.empty() || key.builder != builder_id) return 0;
  return std::min(key.max_level, key.place == KeyPlace::job ? k_highest_level_in_job : k_highest_level);
}

Result<Keyring> Keyring::build(std::vector<KeyConfig> keys) {
  Keyring out;
  for (KeyConfig& config : keys) {
    const std::string what = "reading the key \"" + config.name + "\"";
    if (config.name.empty()) return fail(ErrorKind::config, "attest.keyring-name", "a key has no name");
    if (config.not_before && config.not_after && *config.not_before > *config.not_after) {
      return fail(ErrorKind::config, "attest.keyring-interval",
                  "the key \"" + config.name + "\" ends before it begins");
    }
    SLUICE_CHECK(check_level(config));
    auto key = PublicKey::from_pem(config.pem);
    if (!key) return fail(with_context(std::move(key).error(), what));
    for (const Entry& other : out.entries_) {
      if (other.config.name != config.name && !(other.key == *key)) continue;
      return fail(
          ErrorKind::config, "attest.keyring-duplicate",
          "\"" + other.config.name + "\" and \"" + config.name + "\" are the same key or have the same name",
          "give each key once, with all its roles");
    }
    out.entries_.push_back({std::move(config), std::move(*key)});
  }
  return out;
}

const Keyring::Entry* Keyring::find(std::string_view key_id) const {
  for (const Entry& entry : entries_) {
    if (entry.key.id() == key_id) return &entry;
  }
  return nullptr;
}

Status check_usable(const Keyring::Entry& entry, std::chrono::sys_seconds time) {
  const KeyConfig& config = entry.config;
  const auto refuse = [&](std::string code, const std::string& why) {
    return fail(ErrorKind::crypto, std::move(code), "the key \"" + config.name + "\" " + why);
  };
  const std::string reason = config.revocation_reason.empty() ? "" : " (" + config.revocation_reason + ")";
  if (config.compromised) return refuse("attest.key-revoked", "is compromised" + reason);
  if (config.revoked_at && time >= *config.revoked_at) {
    return refuse("attest.key-revoked", "is revoked since " + format_time(*config.revoked_at) + reason);
  }
  if (config.not_before && time < *config.not_before) {
    return refuse("attest.key-not-yet-valid", "is valid from " + format_time(*config.not_before));
  }
  if (config.not_after && time > *config.not_after) {
    return refuse("attest.key-expired", "expired on " + format_time(*config.not_after));
  }
  return {};
}

}  // namespace sluice::attest

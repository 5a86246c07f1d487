// The keyring file: whose signatures count, as a team keeps it beside its policy (docs/formats/keyring.md).
// JSON, strict: an unknown member is an error, since it could be a restriction that we would silently drop.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attest/keyring.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_keyring_bytes = 4u << 20;
inline constexpr std::size_t k_max_keyring_keys = 1'000;

struct KeyringFile {
  std::vector<KeyConfig> keys;
  std::map<std::string, std::size_t> thresholds;  // role → different keys that must sign; 1 if not named
};

// Codes: attest.keyring-file (shape, version, unknown member), those of json::parse, and of Keyring::build
// (the keys are checked as a whole), attest.keyring-threshold (more than keys that have the role, or 0).
[[nodiscard]] Result<KeyringFile> parse_keyring(std::string_view text, std::string_view name);
[[nodiscard]] std::string write_keyring(const KeyringFile& keyring);

// Changes, each checked as parse_keyring would. Codes as above, and attest.keyring-name (no such key).
[[nodiscard]] Status add_key(KeyringFile& keyring, KeyConfig key);
// From `time` on it proves nothing; with `compromised`, nothing at any time. A revocation is never taken back
// and never made weaker: attest.keyring-revoked.
[[nodiscard]] Status revoke_key(KeyringFile& keyring, std::string_view name, std::chrono::sys_seconds time,
                                std::string reason, bool compromised);
// The new key gets the old one's roles, builder, level and place from `time` on; the old one counts until
// `overlap` later. Code: attest.keyring-revoked (a revoked key hands nothing on).
[[nodiscard]] Status rotate_key(KeyringFile& keyring, std::string_view old_name, std::string new_name,
                                const PublicKey& new_key, std::chrono::sys_seconds time,
                                std::chrono::seconds overlap);

}  // namespace sluice::attest

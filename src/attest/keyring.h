// Keyring: whose signatures count, for what, and when. Built from configuration; nothing else adds to it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "attest/keys.h"
#include "base/result.h"

namespace sluice::attest {

// A key as the configuration names it.
struct KeyConfig {
  std::string name;                // unique in the keyring
  std::string pem;                 // text of the PUBLIC KEY block
  std::vector<std::string> roles;  // "builder", "scanner", "tester", "gate", …
  std::optional<std::chrono::sys_seconds> not_before;
  std::optional<std::chrono::sys_seconds> not_after;   // inclusive
  std::optional<std::chrono::sys_seconds> revoked_at;  // from this moment on it proves nothing
  bool compromised =
      false;  // revoked for compromise: proves nothing at any time, since its dates cannot be believed
  std::string revocation_reason;
};

class Keyring {
 public:
  struct Entry {
    KeyConfig config;
    PublicKey key;
  };

  // Codes: those of PublicKey::from_pem; attest.keyring-duplicate (one name or one key twice: a threshold
  // must count keys, not spellings), attest.keyring-name, attest.keyring-interval.
  [[nodiscard]] static Result<Keyring> build(std::vector<KeyConfig> keys);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const Entry* find(std::string_view key_id) const;  // by PublicKey::id; null if absent

 private:
  std::vector<Entry> entries_;
};

// Whether the key counts at `time`. Codes: attest.key-not-yet-valid, attest.key-expired, attest.key-revoked.
[[nodiscard]] Status check_usable(const Keyring::Entry& entry, std::chrono::sys_seconds time);

}  // namespace sluice::attest

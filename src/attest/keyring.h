// Keyring: whose signatures count, for what, and when. Built from configuration; nothing else adds to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/keys.h"
#include "base/result.h"

namespace sluice::attest {

// Where a key lives. In a build's own job, whoever controls the job controls the key: what it signs about
// builds is SLSA Build level 1, whatever the document says. Only a signer that builds cannot reach can prove
// more.
enum class KeyPlace : std::uint8_t { job, service };

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
  std::string builder;  // the one builder.id that it may claim; empty: it proves no build
  int max_level = 1;    // 0 to 3: the SLSA Build level that it can prove
  KeyPlace place = KeyPlace::job;
};

class Keyring {
 public:
  struct Entry {
    KeyConfig config;
    PublicKey key;
  };

  // Codes: those of PublicKey::from_pem; attest.keyring-duplicate (one name or one key twice: a threshold
  // must count keys, not spellings), attest.keyring-name, attest.keyring-interval, attest.keyring-level (a
  // key in the job with a level above 1, a level outside of 0 to 3, or a level above 1 without a builder).
  [[nodiscard]] static Result<Keyring> build(std::vector<KeyConfig> keys);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const Entry* find(std::string_view key_id) const;  // by PublicKey::id; null if absent

 private:
  std::vector<Entry> entries_;
};

// The SLSA Build level of provenance signed by the key: by this table, never by the document. 0 if the key
// may not speak for `builder_id` at all.
[[nodiscard]] int build_level(const KeyConfig& key, std::string_view builder_id);

// Whether the key counts at `time`. Codes: attest.key-not-yet-valid, attest.key-expired, attest.key-revoked.
[[nodiscard]] Status check_usable(const Keyring::Entry& entry, std::chrono::sys_seconds time);

}  // namespace sluice::attest

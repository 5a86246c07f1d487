#include "cli/keys.h"

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
    entry.not_before = SLUICE_TRY(time_of(key.not_before, "not_before of key " + key.name));
    entry.not_after = SLUICE_TRY(time_of(key.not_after, "not_after of key " + key.name));
    entry.revoked_at = SLUICE_TRY(time_of(key.revoked, "revoked of key " + key.name));
    keys.push_back(std::move(entry));
  }
  return attest::Keyring::build(std::move(keys));
}

Result<attest::PrivateKey> load_signing_key(const Config& config, const Context& context) {
  const SigningConfig& signing = *config.signing;
  Bytes pem = SLUICE_TRY(read_file(config.resolve(signing.key), k_max_key_file));
  std::optional<attest::SecretBytes> passphrase;
  if (!signing.passphrase_env.empty()) {
    const auto it = context.environment.find(signing.passphrase_env);
    if (it == context.environment.end() || it->second.empty()) {
      attest::wipe(pem);
      return fail(ErrorKind::usage, "cli.passphrase",
                  "the environment variable " + signing.passphrase_env +
                      " with the signing key's passphrase is not set",
                  "set it in the pipeline's secrets, or change signing.passphrase_env in " + config.path);
    }
    passphrase.emplace(it->second);
  }
  auto key = attest::PrivateKey::from_pem(pem, passphrase ? &*passphrase : nullptr);
  attest::wipe(pem);
  return key;
}

}  // namespace sluice::cli

#include "attest/keyring_file.h"

#include <algorithm>

#include "base/effects.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

[[nodiscard]] tl::unexpected<Error> bad_file(std::string message) {
  return fail(ErrorKind::config, "attest.keyring-file", "the keyring: " + std::move(message));
}

[[nodiscard]] Status only(const json::Value& value, std::string_view what,
                          std::initializer_list<std::string_view> members) {
  if (value.as_object() == nullptr) return bad_file(std::string(what) + " is no object");
  for (const json::Member& member : value.as_object()->members()) {
    if (std::find(members.begin(), members.end(), member.key) == members.end())
      return bad_file(std::string(what) + " has the unknown member \"" + member.key + "\"");
  }
  return {};
}

[[nodiscard]] Result<std::string> text_at(const json::Value& value, std::string_view member, bool required) {
  const json::Value* found = value.find(member);
  if (found == nullptr && !required) return std::string();
  if (found == nullptr || found->as_string() == nullptr || found->as_string()->empty())
    return bad_file("\"" + std::string(member) + "\" is missing or no text");
  return *found->as_string();
}

[[nodiscard]] Result<std::optional<std::chrono::sys_seconds>> time_at(const json::Value& value,
                                                                      std::string_view member) {
  const std::string text = SLUICE_TRY(text_at(value, member, false));
  if (text.empty()) return std::optional<std::chrono::sys_seconds>();
  const auto time = parse_time(text);
  if (!time) return bad_file("\"" + std::string(member) + "\" is no RFC 3339 time");
  return std::optional(*time);
}

[[nodiscard]] Status read_revocation(const json::Value& value, KeyConfig& out) {
  SLUICE_CHECK(only(value, "a revocation", {"at", "reason", "compromised"}));
  out.revoked_at = SLUICE_TRY(time_at(value, "at"));
  if (!out.revoked_at) return bad_file("a revocation says no time");
  out.revocation_reason = SLUICE_TRY(text_at(value, "reason", true));
  if (const json::Value* found = value.find("compromised")) {
    if (found->as_bool() == nullptr) return bad_file("\"compromised\" is neither true nor false");
    out.compromised = *found->as_bool();
  }
  return {};
}

[[nodiscard]] Result<KeyConfig> read_key(const json::Value& value) {
  SLUICE_CHECK(only(
      value, "a key",
      {"name", "publicKey", "roles", "builder", "maxLevel", "place", "notBefore", "notAfter", "revoked"}));
  KeyConfig out;
  out.name = SLUICE_TRY(text_at(value, "name", true));
  out.pem = SLUICE_TRY(text_at(value, "publicKey", true));
  const json::Value* roles = value.find("roles");
  if (roles == nullptr || roles->as_array() == nullptr || roles->as_array()->empty())
    return bad_file("the key \"" + out.name + "\" has no roles");
  for (const json::Value& role : *roles->as_array()) {
    if (role.as_string() == nullptr || role.as_string()->empty()) return bad_file("a role is no text");
    out.roles.push_back(*role.as_string());
  }
  out.builder = SLUICE_TRY(text_at(value, "builder", false));
  if (const json::Value* level = value.find("maxLevel")) {
    if (level->as_int() == nullptr || *level->as_int() < 0 || *level->as_int() > 3)
      return bad_file("\"maxLevel\" is not from 0 to 3");
    out.max_level = static_cast<int>(*level->as_int());
  }
  const std::string place = SLUICE_TRY(text_at(value, "place", false));
  if (!place.empty() && place != "job" && place != "service")
    return bad_file("\"place\" is neither \"job\" nor \"service\"");
  out.place = place == "service" ? KeyPlace::service : KeyPlace::job;
  out.not_before = SLUICE_TRY(time_at(value, "notBefore"));
  out.not_after = SLUICE_TRY(time_at(value, "notAfter"));
  if (const json::Value* revoked = value.find("revoked")) SLUICE_CHECK(read_revocation(*revoked, out));
  return out;
}

[[nodiscard]] json::Object key_json(const KeyConfig& key) {
  json::Array roles;
  for (const std::string& role : key.roles) roles.emplace_back(role);
  json::Object out{{"name", key.name}, {"publicKey", key.pem}, {"roles", std::move(roles)}};
  if (!key.builder.empty()) out.set("builder", key.builder);
  out.set("maxLevel", key.max_level);
  out.set("place", key.place == KeyPlace::service ? "service" : "job");
  if (key.not_before) out.set("notBefore", format_time(*key.not_before));
  if (key.not_after) out.set("notAfter", format_time(*key.not_after));
  if (key.revoked_at) {
    out.set("revoked", json::Object{{"at", format_time(*key.revoked_at)},
                                    {"reason", key.revocation_reason},
                                    {"compromised", key.compromised}});
  }
  return out;
}

[[nodiscard]] Status check_all(const KeyringFile& keyring) {
  if (keyring.keys.size() > k_max_keyring_keys)
    return fail(ErrorKind::limit, "attest.keyring-file", "the keyring has too many keys");
  SLUICE_TRY(Keyring::build(keyring.keys));
  for (const auto& [role, needed] : keyring.thresholds) {
    const auto has_role = [&wanted = role](const KeyConfig& key) {
      return std::find(key.roles.begin(), key.roles.end(), wanted) != key.roles.end();
    };
    const auto have = std::count_if(keyring.keys.begin(), keyring.keys.end(), has_role);
    if (needed >= 1 && needed <= static_cast<std::size_t>(have)) continue;
    return fail(ErrorKind::config, "attest.keyring-threshold",
                "the threshold " + std::to_string(needed) + " of the role \"" + role +
                    "\" is 0, or more than its " + std::to_string(have) + " keys");
  }
  return {};
}

[[nodiscard]] Result<KeyConfig*> find(KeyringFile& keyring, std::string_view name) {
  for (KeyConfig& key : keyring.keys) {
    if (key.name == name) return &key;
  }
  return fail(ErrorKind::usage, "attest.keyring-name",
              "the keyring has no key \"" + std::string(name) + "\"");
}

}  // namespace

Result<KeyringFile> parse_keyring(std::string_view text, std::string_view name) {
  json::Limits limits;
  limits.bytes = k_max_keyring_bytes;
  const json::Value root = SLUICE_TRY(json::parse(text, name, limits));
  SLUICE_CHECK(only(root, "it", {"version", "keys", "thresholds"}));
  const json::Value* version = root.find("version");
  if (version == nullptr || version->as_int() == nullptr || *version->as_int() != 1)
    return bad_file("its version is not 1");
  const json::Value* keys = root.find("keys");
  if (keys == nullptr || keys->as_array() == nullptr) return bad_file("\"keys\" is no list");
  KeyringFile out;
  for (const json::Value& key : *keys->as_array()) out.keys.push_back(SLUICE_TRY(read_key(key)));
  if (const json::Value* thresholds = root.find("thresholds")) {
    if (thresholds->as_object() == nullptr) return bad_file("\"thresholds\" is no object");
    for (const json::Member& member : thresholds->as_object()->members()) {
      const std::int64_t* needed = member.value.as_int();
      if (needed == nullptr || *needed < 0) return bad_file("a threshold is no whole number");
      out.thresholds.emplace(member.key, static_cast<std::size_t>(*needed));
    }
  }
  SLUICE_CHECK(check_all(out));
  return out;
}

std::string write_keyring(const KeyringFile& keyring) {
  json::Array keys;
  for (const KeyConfig& key : keyring.keys) keys.emplace_back(key_json(key));
  json::Object out{{"version", 1}, {"keys", std::move(keys)}};
  if (!keyring.thresholds.empty()) {
    json::Object thresholds;
    for (const auto& [role, needed] : keyring.thresholds)
      thresholds.set(role, static_cast<std::int64_t>(needed));
    out.set("thresholds", std::move(thresholds));
  }
  return json::write(out) + "\n";
}

Status add_key(KeyringFile& keyring, KeyConfig key) {
  KeyringFile changed = keyring;
  changed.keys.push_back(std::move(key));
  SLUICE_CHECK(check_all(changed));
  keyring = std::move(changed);
  return {};
}

Status revoke_key(KeyringFile& keyring, std::string_view name, std::chrono::sys_seconds time,
                  std::string reason, bool compromised) {
  KeyConfig* key = SLUICE_TRY(find(keyring, name));
  if (reason.empty()) return fail(ErrorKind::usage, "attest.keyring-revoked", "a revocation needs a reason");
  const bool weaker = key->revoked_at && (*key->revoked_at < time || (key->compromised && !compromised));
  if (weaker) {
    return fail(ErrorKind::usage, "attest.keyring-revoked",
                "\"" + key->name + "\" is revoked since " + format_time(*key->revoked_at) +
                    "; a revocation is not made weaker");
  }
  key->revoked_at = time;
  key->revocation_reason = std::move(reason);
  key->compromised = compromised;
  return {};
}

Status rotate_key(KeyringFile& keyring, std::string_view old_name, std::string new_name,
                  const PublicKey& new_key, std::chrono::sys_seconds time, std::chrono::seconds overlap) {
  KeyringFile changed = keyring;
  KeyConfig* old = SLUICE_TRY(find(changed, old_name));
  if (old->revoked_at) {
    return fail(ErrorKind::usage, "attest.keyring-revoked",
                "\"" + old->name + "\" is revoked: it hands nothing on", "add the new key by its own right");
  }
  KeyConfig fresh = *old;
  fresh.name = std::move(new_name);
  fresh.pem = new_key.pem();
  fresh.not_before = time;
  fresh.not_after.reset();
  const auto end = time + overlap;
  if (!old->not_after || *old->not_after > end) old->not_after = end;
  changed.keys.push_back(std::move(fresh));
  SLUICE_CHECK(check_all(changed));
  keyring = std::move(changed);
  return {};
}

}  // namespace sluice::attest

// sluice key add | list | revoke | rotate: the keyring file, whose signatures count.
#include "attest/keyring_file.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/keys.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

constexpr std::uint64_t k_max_key_file = 64u << 10;
constexpr long k_seconds_a_day = 86'400;
constexpr long k_max_overlap_days = 3650;

Result<attest::KeyringFile> read_ring(const std::string& path) {
  const Bytes text = SLUICE_TRY(read_file(path, attest::k_max_keyring_bytes));
  return attest::parse_keyring(text, path);
}

Result<std::chrono::sys_seconds> time_option(const Arguments& arguments, const Context& context) {
  if (!arguments.has("at")) return context.clock.now();
  return parse_time(arguments.value("at"));
}

std::string state_of(const attest::Keyring::Entry& entry, std::chrono::sys_seconds now) {
  const Status usable = attest::check_usable(entry, now);
  return usable ? "valid" : usable.error().message;
}

Result<int> list(const Arguments& arguments, Context& context) {
  const Config config = SLUICE_TRY(find_config(arguments.value("config"), "."));
  attest::Keyring ring;
  std::map<std::string, std::size_t> thresholds;
  if (arguments.has("keyring")) {
    attest::KeyringFile file = SLUICE_TRY(read_ring(arguments.value("keyring")));
    thresholds = file.thresholds;
    ring = SLUICE_TRY(attest::Keyring::build(std::move(file.keys)));
  } else {
    ring = SLUICE_TRY(load_keyring(config));
  }
  std::string out;
  for (const attest::Keyring::Entry& entry : ring.entries()) {
    out += escape_line(entry.config.name) + "\n  id       " + entry.key.id() + "\n  kind     " +
           std::string(to_string(entry.key.algorithm())) + "\n  state    " +
           escape_line(state_of(entry, context.clock.now())) + "\n  roles   ";
    for (const std::string& role : entry.config.roles) out += " " + escape_line(role);
    out += "\n";
    if (!entry.config.builder.empty()) {
      out += "  builder  " + escape_line(entry.config.builder) + " (SLSA Build level " +
             std::to_string(attest::build_level(entry.config, entry.config.builder)) + ")\n";
    }
  }
  for (const auto& [role, needed] : thresholds)
    out += escape_line(role) + " needs " + std::to_string(needed) + " keys\n";
  SLUICE_CHECK(print(out.empty() ? "no keys\n" : out));
  return k_exit_ok;
}

Result<int> add(const Arguments& arguments, Context&) {
  const std::string path = arguments.value("keyring");
  attest::KeyringFile ring;
  if (path_exists(path)) ring = SLUICE_TRY(read_ring(path));
  attest::KeyConfig key;
  key.name = arguments.value("NAME");
  key.pem = SLUICE_TRY(read_file(arguments.value("public-key"), k_max_key_file));
  key.roles = arguments.values("role");
  key.builder = arguments.value("builder");
  key.max_level = static_cast<int>(SLUICE_TRY(arguments.number("max-level", 1, 0, 3)));
  key.place =
      arguments.value("place", "job") == "service" ? attest::KeyPlace::service : attest::KeyPlace::job;
  SLUICE_CHECK(attest::add_key(ring, std::move(key)));
  SLUICE_CHECK(write_file_atomic(path, attest::write_keyring(ring)));
  return k_exit_ok;
}

Result<int> revoke(const Arguments& arguments, Context& context) {
  const std::string path = arguments.value("keyring");
  attest::KeyringFile ring = SLUICE_TRY(read_ring(path));
  SLUICE_CHECK(attest::revoke_key(ring, arguments.value("NAME"), SLUICE_TRY(time_option(arguments, context)),
                                  arguments.value("reason"), arguments.has("compromised")));
  SLUICE_CHECK(write_file_atomic(path, attest::write_keyring(ring)));
  return k_exit_ok;
}

Result<int> rotate(const Arguments& arguments, Context& context) {
  const std::string path = arguments.value("keyring");
  attest::KeyringFile ring = SLUICE_TRY(read_ring(path));
  const Bytes pem = SLUICE_TRY(read_file(arguments.value("public-key"), k_max_key_file));
  const attest::PublicKey key = SLUICE_TRY(attest::PublicKey::from_pem(pem));
  const long days = SLUICE_TRY(arguments.number("overlap-days", 30, 0, k_max_overlap_days));
  SLUICE_CHECK(attest::rotate_key(ring, arguments.value("NAME"), arguments.value("to"), key,
                                  SLUICE_TRY(time_option(arguments, context)),
                                  std::chrono::seconds(days * k_seconds_a_day)));
  SLUICE_CHECK(write_file_atomic(path, attest::write_keyring(ring)));
  SLUICE_CHECK(print("\"" + escape_line(arguments.value("NAME")) + "\" counts for " + std::to_string(days) +
                     " days more; sign lasting evidence anew with `sluice key resign`\n"));
  return k_exit_ok;
}

const OptionSpec k_ring{"--keyring", "FILE", "the keyring file", true};
const OptionSpec k_at{"--at", "TIME", "from when on (RFC 3339; default: now)"};

}  // namespace

Command key_add_command() {
  return {"key add",
          "Add a public key to a keyring file",
          "sluice key add ci --keyring keyring.json --public-key keys/ci.pub --role builder",
          {{"NAME", "NAME", "the key's name", true},
           k_ring,
           {"--public-key", "FILE", "public key (PEM)", true},
           {"--role", "ROLE", "what it may sign: builder, scanner, tester, gate, approver, …", true, true},
           {"--builder", "URI", "the builder.id that it speaks for"},
           {"--max-level", "N", "SLSA Build level that it proves (default 1; more needs --place service)"},
           {"--place", "PLACE", "where the private key lives", false, false, {"job", "service"}}},
          add};
}

Command key_list_command() {
  return {"key list",
          "List the keys whose signatures count, with their state",
          "sluice key list --keyring keyring.json",
          {{"--keyring", "FILE", "a keyring file (default: the keys of sluice.yaml)"},
           {"--config", "FILE", "configuration (default: sluice.yaml here)"}},
          list};
}

Command key_revoke_command() {
  return {"key revoke",
          "Revoke a key of a keyring file",
          "sluice key revoke ci --keyring keyring.json --reason \"runner was breached\" --compromised",
          {{"NAME", "NAME", "the key's name", true},
           k_ring,
           {"--reason", "TEXT", "why", true},
           {"--compromised", "", "it proves nothing at any time: its dates cannot be believed"},
           k_at},
          revoke};
}

Command key_rotate_command() {
  return {"key rotate",
          "Let a new key take over an old one's roles",
          "sluice key rotate ci-2025 --to ci-2026 --public-key keys/ci-2026.pub --keyring keyring.json",
          {{"NAME", "NAME", "the old key's name", true},
           k_ring,
           {"--to", "NAME", "the new key's name", true},
           {"--public-key", "FILE", "the new public key (PEM)", true},
           {"--overlap-days", "N", "how long the old key still counts (default 30)"},
           k_at},
          rotate};
}

}  // namespace sluice::cli

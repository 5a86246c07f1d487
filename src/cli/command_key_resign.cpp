// sluice key resign: evidence of an old key, verified and signed anew over the same bytes.
#include "attest/keyring_file.h"
#include "attest/resign.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/keys.h"
#include "cli/passphrase.h"
#include "cli/signer.h"

namespace sluice::cli {
namespace {

Result<int> run(const Arguments& arguments, Context& context) {
  const Config config = SLUICE_TRY(find_config(arguments.value("config"), "."));
  const Signing signing = SLUICE_TRY(open_signing(arguments, config, context));
  const Bytes text = SLUICE_TRY(read_file(arguments.value("keyring"), attest::k_max_keyring_bytes));
  attest::KeyringFile file = SLUICE_TRY(attest::parse_keyring(text, arguments.value("keyring")));
  const attest::Keyring ring = SLUICE_TRY(attest::Keyring::build(std::move(file.keys)));
  const std::string folder = arguments.value("output");
  SLUICE_CHECK(make_directories(folder));
  for (const std::string& path : arguments.values("BUNDLE")) {
    const Bytes bundle = SLUICE_TRY(read_file(path, attest::k_max_bundle_bytes));
    auto signed_anew = attest::resign(bundle, ring, context.clock.now(), signing.options());
    if (!signed_anew) return fail(with_context(std::move(signed_anew).error(), "signing " + path + " anew"));
    SLUICE_CHECK(write_file_atomic(folder + "/" + path.substr(path.rfind('/') + 1), *signed_anew));
  }
  return k_exit_ok;
}

}  // namespace

Command key_resign_command() {
  std::vector<OptionSpec> options{
      {"BUNDLE", "BUNDLE", "bundles to verify by the keyring and to sign anew", true, true},
      {"--keyring", "FILE", "the keyring file that has the old keys", true},
      {"--output", "FOLDER", "where the new bundles go, under the same names", true},
      {"--key", "KEY", "key file, ssh-agent:…, pkcs11:… or NAME://… (default: `signing` in sluice.yaml)"},
      {"--config", "FILE", "configuration (default: sluice.yaml here)"}};
  for (OptionSpec& option : passphrase_options()) options.push_back(std::move(option));
  for (OptionSpec& option : signing_options()) options.push_back(std::move(option));
  return {"key resign", "Sign an old key's evidence anew, over the same bytes",
          "sluice key resign --keyring keyring.json --key new.key --output resigned old/*.json",
          std::move(options), run};
}

}  // namespace sluice::cli

// sluice key import: a private key of another tool (PKCS#8, cosign, OpenSSH) as a key file of ours, encrypted
// with the same passphrase or with one of its own.
#include "base/file.h"
#include "cli/commands.h"
#include "cli/passphrase.h"
#include "cli/signer.h"

namespace sluice::cli {
namespace {

Result<int> run(const Arguments& arguments, Context& context) {
  const auto passphrase = SLUICE_TRY(read_passphrase(arguments, context));
  const std::string source = arguments.value("FILE");
  // A key that is not encrypted takes no passphrase; then the given one is for the new file only.
  auto key = read_private_key(source, passphrase ? &*passphrase : nullptr);
  if (!key && key.error().code == "attest.passphrase-unused") key = read_private_key(source, nullptr);
  if (!key) return tl::unexpected(std::move(key).error());
  if (!passphrase && !arguments.has("unencrypted")) {
    return fail(
        ErrorKind::usage, "cli.passphrase", "the key would be written unencrypted",
        "give a passphrase by --passphrase-env, --passphrase-file or --passphrase-fd, or say --unencrypted");
  }
  const std::string output = arguments.value("output");
  for (const std::string& path : {output + ".key", output + ".pub"}) {
    if (path_exists(path))
      return fail(ErrorKind::usage, "cli.key-exists", path + " exists already", "choose another --output");
  }
  const attest::SecretBytes pem =
      SLUICE_TRY(key->to_pem(passphrase && !arguments.has("unencrypted") ? &*passphrase : nullptr));
  SLUICE_CHECK(write_file_atomic(output + ".key", pem.view(), 0600));
  SLUICE_CHECK(write_file_atomic(output + ".pub", key->public_key().pem()));
  SLUICE_CHECK(print("private key: " + output + ".key\npublic key:  " + output +
                     ".pub\nkey id:      " + key->public_key().id() + "\n"));
  return k_exit_ok;
}

}  // namespace

Command key_import_command() {
  std::vector<OptionSpec> options{
      {"FILE", "FILE", "private key: PKCS#8, cosign's, or OpenSSH's (not encrypted)", true},
      {"--output", "PATH", "where the key goes: PATH.key (mode 0600) and PATH.pub", true},
      {"--unencrypted", "", "store the private key without a passphrase"}};
  for (OptionSpec& option : passphrase_options()) options.push_back(std::move(option));
  return {"key import", "Take over a private key of another tool",
          "sluice key import cosign.key --output keys/release --passphrase-env COSIGN_PASSWORD",
          std::move(options), run};
}

}  // namespace sluice::cli

// sluice key generate: a signing key for the pipeline. Encrypted unless --unencrypted says that it shall not
// be.
#include "attest/keys.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/passphrase.h"

namespace sluice::cli {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// A key must never replace another one: what it signed could no longer be renewed or revoked by its owner.
Status refuse_existing(const std::string& path) {
  if (!path_exists(path)) return {};
  return fail(ErrorKind::usage, "cli.key-exists", path + " exists already",
              "choose another --output, or move the old key away first");
}

Result<int> run(const Arguments& arguments, Context& context) {
  const auto algorithm = attest::parse_key_algorithm(arguments.value("algorithm", "ecdsa-p256"));
  if (!algorithm) return fail(ErrorKind::usage, "cli.usage", "unknown algorithm");
  const auto passphrase = SLUICE_TRY(read_passphrase(arguments, context));
  if (!passphrase && !arguments.has("unencrypted")) {
    return fail(
        ErrorKind::usage, "cli.passphrase", "the key would be written unencrypted",
        "give a passphrase by --passphrase-env, --passphrase-file or --passphrase-fd, or say --unencrypted");
  }
  if (passphrase && arguments.has("unencrypted")) {
    return fail(ErrorKind::usage, "cli.passphrase", "--unencrypted and a passphrase contradict each other");
  }

  const std::string output = arguments.value("output");
  const std::string private_path = output + ".key";
  const std::string public_path = output + ".pub";
  SLUICE_CHECK(refuse_existing(private_path));
  SLUICE_CHECK(refuse_existing(public_path));
  const attest::PrivateKey key = SLUICE_TRY(attest::PrivateKey::generate(*algorithm));
  const attest::SecretBytes pem = SLUICE_TRY(key.to_pem(passphrase ? &*passphrase : nullptr));
  SLUICE_CHECK(make_directories(folder_of(output), 0700));
  SLUICE_CHECK(write_file_atomic(private_path, pem.view(), 0600));
  SLUICE_CHECK(write_file_atomic(public_path, key.public_key().pem()));
  SLUICE_CHECK(print("private key: " + private_path + (passphrase ? " (encrypted)" : " (NOT encrypted)") +
                     "\npublic key:  " + public_path + "\nkey id:      " + key.public_key().id() + "\n"));
  return k_exit_ok;
}

}  // namespace

Command key_generate_command() {
  std::vector<OptionSpec> options{
      {"--output", "PATH", "where the key goes: PATH.key (mode 0600) and PATH.pub", true},
      {"--algorithm",
       "NAME",
       "default ecdsa-p256",
       false,
       false,
       {"ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", "rsa-pkcs1", "rsa-pss"}},
      {"--unencrypted", "", "store the private key without a passphrase"}};
  for (OptionSpec& option : passphrase_options()) options.push_back(std::move(option));
  return {"key generate", "Make a signing key (PKCS#8, ECDSA P-256 unless told otherwise)",
          "sluice key generate --output keys/pipeline --passphrase-env SLUICE_KEY_PASSPHRASE",
          std::move(options), run};
}

}  // namespace sluice::cli

// sluice key public: the public half of any key that we can sign with.
#include "base/file.h"
#include "cli/commands.h"
#include "cli/passphrase.h"
#include "cli/signer.h"

namespace sluice::cli {
namespace {

Result<int> run(const Arguments& arguments, Context& context) {
  const auto passphrase = SLUICE_TRY(read_passphrase(arguments, context));
  const auto signer = SLUICE_TRY(open_signer({arguments.value("KEY"), arguments.value("kms-plugin")},
                                             passphrase ? &*passphrase : nullptr, context));
  const attest::PublicKey& key = signer->public_key();
  if (arguments.has("output")) {
    SLUICE_CHECK(write_file_atomic(arguments.value("output"), key.pem()));
    SLUICE_CHECK(print("public key:  " + arguments.value("output") + "\nkey id:      " + key.id() +
                       "\nalgorithm:   " + std::string(to_string(key.algorithm())) + "\n"));
  } else {
    SLUICE_CHECK(print(key.pem()));
  }
  return k_exit_ok;
}

}  // namespace

Command key_public_command() {
  std::vector<OptionSpec> options{
      {"KEY", "KEY", "key file, ssh-agent:…, pkcs11:… or NAME://…", true},
      {"--output", "FILE", "write it to this file and print its id (default: print the key)"},
      {"--kms-plugin", "FILE", "absolute path of sigstore-kms-NAME, for a key NAME://…"}};
  for (OptionSpec& option : passphrase_options()) options.push_back(std::move(option));
  return {"key public", "Print the public half of a signing key",
          "sluice key public ssh-agent: --output me.pub", std::move(options), run};
}

}  // namespace sluice::cli

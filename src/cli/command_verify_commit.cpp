// sluice verify commit: who signed a commit or a tag, by the signers that are named here. Works offline.
#include "attest/commit_signature.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/source_judgement.h"
#include "git/object_signature.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

Result<attest::CommitTrust> trust_of(const Arguments& arguments) {
  attest::CommitTrust out = SLUICE_TRY(read_trust(
      {arguments.value("allowed-signers"), arguments.values("x509-root"), arguments.value("openpgp-keys")},
      nullptr));
  out.gpg = arguments.value("gpg", out.gpg);
  if (out.ssh.empty() && out.x509_roots.empty() && out.openpgp_keys.empty()) {
    return fail(ErrorKind::usage, "attest.no-expectation", "no signer is named: that would accept anybody",
                "give --allowed-signers, --x509-root or --openpgp-keys");
  }
  return out;
}

Result<int> run(const Arguments& arguments, Context&) {
  const attest::CommitTrust trust = SLUICE_TRY(trust_of(arguments));
  SystemProcessRunner runner;
  const git::ObjectSignature object = SLUICE_TRY(
      git::read_object_signature(arguments.value("repository", "."), arguments.value("REVISION", "HEAD")));
  auto signer = attest::verify_commit_signature(object.kind, object.signature, object.payload,
                                                std::chrono::sys_seconds(std::chrono::seconds(object.time)),
                                                trust, runner);
  if (!signer)
    return fail(
        with_context(std::move(signer).error(), "verifying the " + object.type + " " + object.object));
  std::string out = "verified\n  " + object.type + "  " + object.object + "\n";
  if (!object.target.empty()) out += "  names    " + object.target + " (" + escape_line(object.name) + ")\n";
  out += "  signer   " + escape_line(signer->name) + "\n  key      " + escape_line(signer->fingerprint) +
         " (" + signer->kind + ")\n  stated   " +
         format_time(std::chrono::sys_seconds(std::chrono::seconds(object.time))) + "\n";
  SLUICE_CHECK(print(out));
  return k_exit_ok;
}

}  // namespace

Command verify_commit_command() {
  return {
      "verify commit",
      "Verify the signature of a commit or a tag",
      "sluice verify commit v1.2 --allowed-signers .allowed_signers",
      {{"REVISION", "REVISION", "commit or annotated tag (default: HEAD)"},
       {"--repository", "FOLDER", "a folder of the repository (default: here)"},
       {"--allowed-signers", "FILE", "SSH keys that may sign, as ssh-keygen(1) describes"},
       {"--x509-root", "FILE", "root certificate (PEM) of those who may sign; may be repeated", false, true},
       {"--openpgp-keys", "FILE", "exported OpenPGP public keys that may sign"},
       {"--gpg", "FILE", "absolute path of gpg (default: /usr/bin/gpg)"}},
      run};
}

}  // namespace sluice::cli

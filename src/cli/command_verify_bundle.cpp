// sluice verify bundle: a Sigstore bundle over an artifact, offline: signed by this key, or by this identity
// under this trusted root.
#include "attest/verify_bundle.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

std::string describe(const attest::VerifiedBundle& verified) {
  std::string out = "verified\n";
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += "  " + std::string(name) + "  " + escape_line(value) + "\n";
  };
  line("key     ", verified.key_id);
  line("identity", verified.identity);
  line("issuer  ", verified.issuer);
  for (const auto& [name, value] : verified.claims) line("claim   ", name + " = " + value);
  if (verified.statement) line("type    ", verified.statement->predicate_type);
  return out;
}

Result<int> run(const Arguments& arguments, Context&) {
  const Bytes bundle = SLUICE_TRY(read_file(arguments.value("bundle"), attest::k_max_bundle_bytes));
  Bytes root;
  if (arguments.has("trusted-root"))
    root = SLUICE_TRY(read_file(arguments.value("trusted-root"), 16U << 20U));
  attest::BundleOptions options;
  options.bundle = bundle;
  options.trusted_root = root;
  if (arguments.has("key")) options.key_pem = SLUICE_TRY(read_file(arguments.value("key"), 64U << 10U));
  options.certificate_identity = arguments.value("certificate-identity");
  options.certificate_issuer = arguments.value("certificate-oidc-issuer");
  options.predicate_types = arguments.values("type");

  Bytes artifact;
  const std::string named = arguments.value("ARTIFACT");
  if (named.starts_with("sha256:")) {
    options.artifact_digest = SLUICE_TRY(Digest::parse_oci(named));
  } else {
    artifact = SLUICE_TRY(read_file(named));
    options.artifact = artifact;
  }
  const attest::VerifiedBundle verified = SLUICE_TRY(attest::verify_bundle(options));
  SLUICE_CHECK(print(arguments.has("payload") ? verified.payload + "\n" : describe(verified)));
  return k_exit_ok;
}

}  // namespace

Command verify_bundle_command() {
  return {
      "verify bundle",
      "Verify a Sigstore bundle over an artifact, offline",
      "sluice verify bundle --bundle app.sigstore.json --key cosign.pub app.tar",
      {{"ARTIFACT", "ARTIFACT", "the signed file, or sha256:…", true},
       {"--bundle", "FILE", "Sigstore bundle, v0.1 to v0.3", true},
       {"--trusted-root", "FILE",
        "trusted root (JSON): certificate authorities, logs, time-stamping authorities"},
       {"--key", "FILE", "public key (PEM) that must have signed"},
       {"--certificate-identity", "TEXT", "subject alternative name that the certificate must have, exactly"},
       {"--certificate-oidc-issuer", "URL", "issuer that the certificate must name, exactly"},
       {"--type", "URI", "accepted predicate type; may be repeated (default: any)", false, true},
       {"--payload", "", "print the verified statement itself"}},
      run};
}

}  // namespace sluice::cli

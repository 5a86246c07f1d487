// What signs: a key by its reference, with the certificate and timestamps that go with it. Shared by
// everything that signs. A reference is
//   a path                      PKCS#8, cosign's or an OpenSSH key file
//   ssh-agent:[WHICH]           a key in the agent at SSH_AUTH_SOCK, by fingerprint or comment
//   pkcs11:…?module-path=/…     a key on a token; its PIN is the passphrase
//   NAME://…                    a key service, by the plugin program that is named by its absolute path
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attest/bundle.h"
#include "attest/certificate.h"
#include "attest/keys.h"
#include "attest/timestamp_source.h"
#include "cli/config.h"
#include "cli/context.h"

namespace sluice::cli {

struct Signing {
  std::unique_ptr<attest::Signer> signer;
  std::unique_ptr<attest::Certificate> certificate;  // null: the key stands for itself
  std::unique_ptr<attest::TimestampSource> timestamps;
  bool keyid = true;  // attest::SigningOptions

  [[nodiscard]] attest::SigningOptions options() const;
  [[nodiscard]] const attest::PublicKey& public_key() const { return signer->public_key(); }
};

// Files of a private authority's folder, as `key authority` writes them.
inline constexpr std::string_view k_authority_root = "trusted_root.json";
inline constexpr std::string_view k_authority_chain =
    "chain.pem";  // issuing certificate first, then the root
inline constexpr std::string_view k_authority_key = "issuing.key";
inline constexpr std::string_view k_authority_root_key = "root.key";
inline constexpr std::string_view k_timestamp_key = "timestamp.key";
inline constexpr std::string_view k_timestamp_certificate = "timestamp.pem";

struct SignerReference {
  std::string key;         // see above
  std::string kms_plugin;  // absolute path
};
// `passphrase` is that of the key file, or the token's PIN. Codes: those of the signers, cli.signer.
[[nodiscard]] Result<std::unique_ptr<attest::Signer>> open_signer(const SignerReference& reference,
                                                                  const attest::SecretBytes* passphrase,
                                                                  const Context& context);
// A private key out of a file of any kind that we read.
[[nodiscard]] Result<attest::PrivateKey> read_private_key(const std::string& path,
                                                          const attest::SecretBytes* passphrase);

// --kms-plugin, --certificate, --timestamp-authority, --timestamp-url, --no-keyid.
[[nodiscard]] std::vector<OptionSpec> signing_options();

// By --key and the options above if --key is given, else by `signing` of the configuration. Code: cli.no-key.
[[nodiscard]] Result<Signing> open_signing(const Arguments& arguments, const Config& config,
                                           const Context& context);
[[nodiscard]] Result<Signing> open_signing(const Config& config, const Context& context);

}  // namespace sluice::cli

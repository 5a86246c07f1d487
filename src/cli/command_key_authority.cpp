// sluice key authority | certify: a private certificate and timestamp authority, and certificates by it.
#include "attest/authority.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/passphrase.h"
#include "cli/signer.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_key_file = 64u << 10;
constexpr long k_minutes_a_day = 1440;

Status write_key(const std::string& path, const attest::PrivateKey& key,
                 const attest::SecretBytes* passphrase) {
  const attest::SecretBytes pem = SLUICE_TRY(key.to_pem(passphrase));
  return write_file_atomic(path, pem.view(), 0600);
}

Result<int> make(const Arguments& arguments, Context& context) {
  const auto passphrase = SLUICE_TRY(read_passphrase(arguments, context));
  if (!passphrase && !arguments.has("unencrypted")) {
    return fail(
        ErrorKind::usage, "cli.passphrase", "the authority's keys would be written unencrypted",
        "give a passphrase by --passphrase-env, --passphrase-file or --passphrase-fd, or say --unencrypted");
  }
  const std::string folder = arguments.value("output") + "/";
  if (path_exists(folder + std::string(k_authority_root)))
    return fail(ErrorKind::usage, "cli.key-exists", folder + " holds an authority already");
  attest::AuthorityRequest request;
  request.organization = arguments.value("name");
  request.not_before = context.clock.now();
  const attest::Authority authority = SLUICE_TRY(attest::make_authority(request));
  const attest::SecretBytes* secret = passphrase ? &*passphrase : nullptr;
  SLUICE_CHECK(make_directories(folder, 0700));
  SLUICE_CHECK(write_key(folder + std::string(k_authority_root_key), authority.root_key, secret));
  SLUICE_CHECK(write_key(folder + std::string(k_authority_key), authority.issuing_key, secret));
  SLUICE_CHECK(write_key(folder + std::string(k_timestamp_key), authority.timestamp_key, secret));
  SLUICE_CHECK(write_file_atomic(folder + std::string(k_authority_chain),
                                 authority.issuing.pem() + authority.root.pem()));
  SLUICE_CHECK(write_file_atomic(folder + std::string(k_timestamp_certificate), authority.timestamp.pem()));
  // Last: with it, the folder is an authority.
  SLUICE_CHECK(
      write_file_atomic(folder + std::string(k_authority_root),
                        attest::write_trusted_root(attest::trusted_root_of(authority, request)) + "\n"));
  SLUICE_CHECK(print("trusted root: " + folder + std::string(k_authority_root) + "\nkeep " + folder +
                     std::string(k_authority_root_key) + " offline: only renewing the authority needs it\n"));
  return k_exit_ok;
}

Result<int> certify(const Arguments& arguments, Context& context) {
  const auto passphrase = SLUICE_TRY(read_passphrase(arguments, context));
  const std::string folder = arguments.value("authority") + "/";
  const attest::PrivateKey issuing_key = SLUICE_TRY(
      read_private_key(folder + std::string(k_authority_key), passphrase ? &*passphrase : nullptr));
  const Bytes pem = SLUICE_TRY(read_file(folder + std::string(k_authority_chain), k_max_key_file));
  const std::vector<attest::Certificate> chain = SLUICE_TRY(attest::Certificate::list_from_pem(pem));
  const Bytes key_pem = SLUICE_TRY(read_file(arguments.value("public-key"), k_max_key_file));
  const long minutes = SLUICE_TRY(arguments.number("minutes", k_minutes_a_day, 1, 825 * k_minutes_a_day));
  const attest::LeafRequest request{SLUICE_TRY(attest::PublicKey::from_pem(key_pem)),
                                    arguments.value("identity"), arguments.value("issuer"),
                                    context.clock.now(), std::chrono::seconds(60 * minutes)};
  const attest::Certificate leaf = SLUICE_TRY(attest::issue_certificate(request, chain.front(), issuing_key));
  SLUICE_CHECK(write_file_atomic(arguments.value("output"), leaf.pem()));
  return k_exit_ok;
}

}  // namespace

Command key_authority_command() {
  std::vector<OptionSpec> options{
      {"--output", "FOLDER", "where its keys, certificates and trusted root go", true},
      {"--name", "NAME", "the organisation, as its certificates name it", true},
      {"--unencrypted", "", "store the private keys without a passphrase"}};
  for (OptionSpec& option : passphrase_options()) options.push_back(std::move(option));
  return {"key authority", "Make a private certificate and timestamp authority",
          "sluice key authority --output authority --name Acme --passphrase-env AUTHORITY_PASSPHRASE",
          std::move(options), make};
}

Command key_certify_command() {
  std::vector<OptionSpec> options{
      {"--authority", "FOLDER", "the authority, as `key authority` made it", true},
      {"--public-key", "FILE", "public key (PEM) to certify", true},
      {"--identity", "TEXT", "who it is: a URI or an e-mail address", true},
      {"--issuer", "URL", "who vouches for the identity", true},
      {"--minutes", "N", "how long the certificate is valid (default: a day)"},
      {"--output", "FILE", "where the certificate (PEM) goes", true}};
  for (OptionSpec& option : passphrase_options()) options.push_back(std::move(option));
  return {"key certify", "Certify a signing key by a private authority",
          "sluice key certify --authority authority --public-key ci.pub --identity https://ci.example/app "
          "--issuer "
          "https://ci.example --output ci.pem",
          std::move(options), certify};
}

}  // namespace sluice::cli

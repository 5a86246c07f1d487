#include "cli/signer.h"

#include "attest/kms.h"
#include "attest/pkcs11.h"
#include "attest/ssh_agent.h"
#include "attest/ssh_signature.h"
#include "base/file.h"
#include "cli/passphrase.h"
#include "remote/http.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_key_file = 64u << 10;
constexpr std::string_view k_agent = "ssh-agent:";
constexpr std::string_view k_token = "pkcs11:";
constexpr int k_http_ok = 200;

// Where the parts of a signing set-up come from: the command line or sluice.yaml.
struct SigningSource {
  SignerReference reference;
  std::string certificate;
  std::string timestamp_authority;
  std::string timestamp_url;
  bool keyid = true;
};

SystemProcessRunner& process_runner() {
  static SystemProcessRunner k_runner;
  return k_runner;
}

Result<std::unique_ptr<attest::Signer>> open_agent(const std::string& which, const Context& context) {
  const auto socket = context.environment.find("SSH_AUTH_SOCK");
  if (socket == context.environment.end()) {
    return fail(ErrorKind::usage, "cli.signer", "SSH_AUTH_SOCK is not set: there is no ssh-agent to ask",
                "start one (`eval $(ssh-agent)`) and load the key with ssh-add");
  }
  return SLUICE_TRY(attest::AgentSigner::open(socket->second, which));
}

Result<std::unique_ptr<attest::Signer>> open_token(const std::string& uri, const attest::SecretBytes* pin) {
  attest::Pkcs11Options options = SLUICE_TRY(attest::parse_pkcs11_uri(uri));
  options.pin = pin;
  return SLUICE_TRY(attest::Pkcs11Signer::open(options));
}

Result<std::unique_ptr<attest::Signer>> open_service(const SignerReference& reference,
                                                     const Context& context) {
  if (reference.kms_plugin.empty()) {
    return fail(ErrorKind::usage, "cli.signer", "the key " + reference.key + " needs its plugin's program",
                "name it by its absolute path: --kms-plugin /usr/bin/sigstore-kms-NAME, or `kms_plugin`");
  }
  return SLUICE_TRY(
      attest::KmsSigner::open({reference.kms_plugin, reference.key, context.environment}, process_runner()));
}

// Over libcurl, which is loaded at the first post and not before.
Result<Bytes> post(const std::string& url, std::string_view content_type, BytesView body) {
  const auto http = SLUICE_TRY(remote::open_http({"", "sluice/" SLUICE_VERSION}));
  remote::HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", std::string(content_type)}};
  request.body = body;
  request.max_bytes = attest::k_max_timestamp_answer;
  remote::HttpResponse response = SLUICE_TRY(http->exchange(request));
  if (response.status == k_http_ok) return std::move(response.body);
  return fail(ErrorKind::tool, "cli.timestamp",
              url + " answers with the status " + std::to_string(response.status));
}

Result<std::unique_ptr<attest::TimestampSource>> open_timestamps(const SigningSource& source,
                                                                 const attest::SecretBytes* passphrase,
                                                                 const Context& context) {
  if (!source.timestamp_url.empty() && !source.timestamp_authority.empty())
    return fail(ErrorKind::usage, "cli.signer", "a timestamp authority and a timestamp URL are both named");
  if (!source.timestamp_url.empty())
    return std::make_unique<attest::HttpTimestampSource>(source.timestamp_url, post);
  if (source.timestamp_authority.empty()) return std::unique_ptr<attest::TimestampSource>();
  const std::string folder = source.timestamp_authority + "/";
  attest::PrivateKey key = SLUICE_TRY(read_private_key(folder + std::string(k_timestamp_key), passphrase));
  const Bytes pem = SLUICE_TRY(read_file(folder + std::string(k_timestamp_certificate), k_max_key_file));
  attest::Certificate certificate = SLUICE_TRY(attest::Certificate::from_pem(pem));
  return std::make_unique<attest::LocalTimestampAuthority>(std::move(key), std::move(certificate),
                                                           context.clock);
}

Result<Signing> open_all(const SigningSource& source, const attest::SecretBytes* passphrase,
                         const Context& context) {
  Signing out;
  out.signer = SLUICE_TRY(open_signer(source.reference, passphrase, context));
  if (!source.certificate.empty()) {
    const Bytes pem = SLUICE_TRY(read_file(source.certificate, k_max_key_file));
    // A chain file is as good: the leaf comes first, and bundles hold only the leaf.
    std::vector<attest::Certificate> chain = SLUICE_TRY(attest::Certificate::list_from_pem(pem));
    out.certificate = std::make_unique<attest::Certificate>(std::move(chain.front()));
  }
  out.timestamps = SLUICE_TRY(open_timestamps(source, passphrase, context));
  out.keyid = source.keyid;
  return out;
}

}  // namespace

attest::SigningOptions Signing::options() const {
  attest::SigningOptions out;
  out.signer = signer.get();
  out.certificate = certificate.get();
  out.keyid = keyid;
  if (timestamps) out.timestamps.push_back(timestamps.get());
  return out;
}

Result<attest::PrivateKey> read_private_key(const std::string& path, const attest::SecretBytes* passphrase) {
  Bytes pem = SLUICE_TRY(read_file(path, k_max_key_file));
  auto key = pem.find("BEGIN OPENSSH PRIVATE KEY") != std::string::npos
                 ? attest::parse_ssh_private_key(pem, passphrase)
                 : attest::PrivateKey::from_pem(pem, passphrase);
  attest::wipe(pem);
  if (!key) return fail(with_context(std::move(key).error(), "reading the key " + path));
  return key;
}

Result<std::unique_ptr<attest::Signer>> open_signer(const SignerReference& reference,
                                                    const attest::SecretBytes* passphrase,
                                                    const Context& context) {
  const std::string& key = reference.key;
  if (key.starts_with(k_agent)) return open_agent(key.substr(k_agent.size()), context);
  if (key.starts_with(k_token)) return open_token(key, passphrase);
  if (key.find("://") != std::string::npos) return open_service(reference, context);
  return std::make_unique<attest::PrivateKey>(SLUICE_TRY(read_private_key(key, passphrase)));
}

std::vector<OptionSpec> signing_options() {
  return {
      {"--kms-plugin", "FILE", "absolute path of sigstore-kms-NAME, for a key NAME://…"},
      {"--certificate", "FILE", "certificate (PEM) of the key, to stand in the bundle"},
      {"--timestamp-authority", "FOLDER", "a private authority (`key authority`) that stamps the signature"},
      {"--timestamp-url", "URL", "an RFC 3161 authority that stamps the signature"},
      {"--no-keyid", "", "leave the envelope's keyid empty, as cosign 3 wants it of a key"}};
}

Result<Signing> open_signing(const Arguments& arguments, const Config& config, const Context& context) {
  if (!arguments.has("key")) {
    if (config.signing) return open_signing(config, context);
    return fail(ErrorKind::usage, "cli.no-key", "there is no signing key",
                "name one by --key, or as `signing` in sluice.yaml; `sluice key generate` makes one");
  }
  const auto passphrase = SLUICE_TRY(read_passphrase(arguments, context));
  return open_all({{arguments.value("key"), arguments.value("kms-plugin")},
                   arguments.value("certificate"),
                   arguments.value("timestamp-authority"),
                   arguments.value("timestamp-url"),
                   !arguments.has("no-keyid")},
                  passphrase ? &*passphrase : nullptr, context);
}

Result<Signing> open_signing(const Config& config, const Context& context) {
  const SigningConfig& signing = *config.signing;
  std::optional<attest::SecretBytes> passphrase;
  if (!signing.passphrase_env.empty()) {
    const auto it = context.environment.find(signing.passphrase_env);
    if (it == context.environment.end() || it->second.empty()) {
      return fail(ErrorKind::usage, "cli.passphrase",
                  "the environment variable " + signing.passphrase_env +
                      " with the signing key's passphrase is not set",
                  "set it in the pipeline's secrets, or change signing.passphrase_env in " + config.path);
    }
    passphrase.emplace(it->second);
  }
  const auto resolved = [&](const std::string& path) { return path.empty() ? path : config.resolve(path); };
  const bool is_file = signing.key.find(':') == std::string::npos;
  return open_all({{is_file ? config.resolve(signing.key) : signing.key, signing.kms_plugin},
                   resolved(signing.certificate),
                   resolved(signing.timestamp_authority),
                   signing.timestamp_url,
                   signing.keyid},
                  passphrase ? &*passphrase : nullptr, context);
}

}  // namespace sluice::cli

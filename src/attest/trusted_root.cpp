#include "attest/trusted_root.h"

#include <array>

#include "attest/internal/proto_json.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

using internal::Message;

constexpr std::string_view k_code = "attest.trusted-root";
constexpr std::size_t k_key_id_bytes = 4;
constexpr std::size_t k_max_certificates = 16;

struct KeyDetails {
  std::string_view name;
  KeyAlgorithm algorithm;
  bool pkcs1;  // the bytes are a PKCS#1 RSAPublicKey and no SubjectPublicKeyInfo
};
// PublicKeyDetails of sigstore_common.proto, as far as the algorithms are supported.
constexpr std::array<KeyDetails, 16> k_details{{
    {"PKCS1_RSA_PKCS1V5", KeyAlgorithm::rsa_pkcs1, true},
    {"PKCS1_RSA_PSS", KeyAlgorithm::rsa_pss, true},
    {"PKIX_RSA_PKCS1V5", KeyAlgorithm::rsa_pkcs1, false},
    {"PKIX_RSA_PSS", KeyAlgorithm::rsa_pss, false},
    {"PKIX_RSA_PKCS1V15_2048_SHA256", KeyAlgorithm::rsa_pkcs1, false},
    {"PKIX_RSA_PKCS1V15_3072_SHA256", KeyAlgorithm::rsa_pkcs1, false},
    {"PKIX_RSA_PKCS1V15_4096_SHA256", KeyAlgorithm::rsa_pkcs1, false},
    {"PKIX_RSA_PSS_2048_SHA256", KeyAlgorithm::rsa_pss, false},
    {"PKIX_RSA_PSS_3072_SHA256", KeyAlgorithm::rsa_pss, false},
    {"PKIX_RSA_PSS_4096_SHA256", KeyAlgorithm::rsa_pss, false},
    {"PKIX_ECDSA_P256_SHA_256", KeyAlgorithm::ecdsa_p256, false},
    {"PKIX_ECDSA_P256_HMAC_SHA_256", KeyAlgorithm::ecdsa_p256, false},
    {"PKIX_ECDSA_P384_SHA_384", KeyAlgorithm::ecdsa_p384, false},
    {"PKIX_ECDSA_P521_SHA_512", KeyAlgorithm::ecdsa_p521, false},
    {"PKIX_ED25519", KeyAlgorithm::ed25519, false},
    {"PKIX_ED25519_PH", KeyAlgorithm::ed25519, false},  // the key is the same; pure signatures of logs use it
}};

[[nodiscard]] Result<std::optional<PublicKey>> read_key(const Message& message) {
  const Bytes raw = SLUICE_TRY(message.required_bytes("rawBytes"));
  const std::string details = SLUICE_TRY(message.text("keyDetails"));
  for (const KeyDetails& row : k_details) {
    if (row.name != details) continue;
    auto key =
        row.pkcs1 ? PublicKey::from_pkcs1_der(raw, row.algorithm) : PublicKey::from_der(raw, row.algorithm);
    if (!key) return message.fail_with("-key", key.error().message);
    if (key->algorithm() != row.algorithm) return message.fail_with("-key", "the key is no " + details);
    return std::optional<PublicKey>(std::move(*key));
  }
  if (details.empty()) return message.fail_with("-key", "\"keyDetails\" is missing");
  return std::optional<PublicKey>();
}

[[nodiscard]] Result<TimeRange> read_range(const json::Value& value) {
  const Message message = SLUICE_TRY(Message::open(value, "validFor", k_code, {"start", "end"}));
  const auto moment = [&](std::string_view field, const std::string& text) -> Result<Moment> {
    auto parsed = parse_moment(text);
    if (!parsed) return message.fail_with("-time", "\"" + std::string(field) + "\" is no RFC 3339 time");
    return parsed;
  };
  const std::string start = SLUICE_TRY(message.text("start"));
  const std::string end = SLUICE_TRY(message.text("end"));
  if (start.empty()) return message.fail_with("-time", "\"start\" is missing");
  TimeRange out;
  out.start = SLUICE_TRY(moment("start", start));
  if (!end.empty()) out.end = SLUICE_TRY(moment("end", end));
  return out;
}

// The host of "scheme://host[:port]/path".
[[nodiscard]] std::string host_of(std::string_view url) {
  if (const auto at = url.find("://"); at != std::string_view::npos) url.remove_prefix(at + 3);
  return std::string(url.substr(0, url.find_first_of("/?#:")));
}

[[nodiscard]] Result<Bytes> read_id(const Message& log, std::string_view field) {
  const json::Value* value = log.get(field);
  if (value == nullptr) return Bytes();
  const Message message = SLUICE_TRY(Message::open(*value, field, k_code, {"keyId"}));
  return message.required_bytes("keyId");
}

[[nodiscard]] Result<TrustedLog> read_log(const json::Value& value) {
  const Message message = SLUICE_TRY(
      Message::open(value, "transparency log", k_code,
                    {"baseUrl", "hashAlgorithm", "publicKey", "logId", "checkpointKeyId", "operator"}));
  TrustedLog out;
  out.base_url = SLUICE_TRY(message.text("baseUrl"));
  out.host = host_of(out.base_url);
  const std::string hash = SLUICE_TRY(message.text("hashAlgorithm"));
  if (!hash.empty() && hash != "SHA2_256")
    return message.fail_with("", "the hash " + hash + " is not supported");

  const Message key = SLUICE_TRY(Message::open(message.get_or_null("publicKey"), "publicKey", k_code,
                                               {"rawBytes", "keyDetails", "validFor"}));
  out.key = SLUICE_TRY(read_key(key));
  if (const json::Value* valid = key.get("validFor")) out.valid = SLUICE_TRY(read_range(*valid));

  out.log_id = SLUICE_TRY(read_id(message, "logId"));
  out.checkpoint_key_id = SLUICE_TRY(read_id(message, "checkpointKeyId"));
  if (out.log_id.empty()) return message.fail_with("", "\"logId\" is missing");
  if (out.checkpoint_key_id.empty()) out.checkpoint_key_id = out.log_id;
  if (out.checkpoint_key_id.size() < k_key_id_bytes)
    return message.fail_with("", "the checkpoint key id is too short");
  out.checkpoint_key_id.resize(k_key_id_bytes);
  return out;
}

[[nodiscard]] Result<TrustedAuthority> read_authority(const json::Value& value) {
  const Message message = SLUICE_TRY(
      Message::open(value, "authority", k_code, {"subject", "uri", "certChain", "validFor", "operator"}));
  TrustedAuthority out;
  out.uri = SLUICE_TRY(message.text("uri"));
  const Message chain =
      SLUICE_TRY(Message::open(message.get_or_null("certChain"), "certChain", k_code, {"certificates"}));
  const json::Array* certificates = SLUICE_TRY(chain.list("certificates", k_max_certificates));
  if (certificates->empty()) return chain.fail_with("", "there is no certificate");
  for (const json::Value& item : *certificates) {
    const Message certificate = SLUICE_TRY(Message::open(item, "certificate", k_code, {"rawBytes"}));
    const Bytes der = SLUICE_TRY(certificate.required_bytes("rawBytes"));
    auto parsed = Certificate::from_der(der);
    if (!parsed) return certificate.fail_with("-certificate", "it does not parse");
    out.certificates.push_back(std::move(*parsed));
  }
  out.valid = SLUICE_TRY(read_range(message.get_or_null("validFor")));
  return out;
}

template <typename T, typename Read>
[[nodiscard]] Result<std::vector<T>> read_list(const Message& root, std::string_view field, Read read) {
  const json::Array* items = SLUICE_TRY(root.list(field, k_max_trusted_items));
  std::vector<T> out;
  for (std::size_t i = 0; i < items->size(); ++i) {
    Result<T> item = read((*items)[i]);
    if (!item) {
      return fail(with_context(std::move(item).error(), "reading " + std::string(field) + "[" +
                                                            std::to_string(i) + "] of the trusted root"));
    }
    out.push_back(std::move(*item));
  }
  return out;
}

[[nodiscard]] bool is_known_media_type(std::string_view type) {
  constexpr std::string_view k_head = "application/vnd.dev.sigstore.trustedroot";
  return type == std::string(k_head) + "+json;version=0.1" ||
         type == std::string(k_head) + "+json;version=0.2" || type == std::string(k_head) + ".v0.1+json" ||
         type == std::string(k_head) + ".v0.2+json";
}

}  // namespace

Result<TrustedRoot> parse_trusted_root(std::string_view text) {
  json::Limits limits;
  limits.bytes = k_max_trusted_root_bytes;
  const json::Value value = SLUICE_TRY(json::parse(text, "trusted root", limits));
  const Message root = SLUICE_TRY(
      Message::open(value, "trusted root", k_code,
                    {"mediaType", "tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"}));
  const std::string media_type = SLUICE_TRY(root.text("mediaType"));
  if (!is_known_media_type(media_type)) {
    return root.fail_with("-media-type",
                          "the media type \"" + media_type + "\" is not that of a trusted root");
  }
  TrustedRoot out;
  out.tlogs = SLUICE_TRY(read_list<TrustedLog>(root, "tlogs", read_log));
  out.ctlogs = SLUICE_TRY(read_list<TrustedLog>(root, "ctlogs", read_log));
  out.certificate_authorities =
      SLUICE_TRY(read_list<TrustedAuthority>(root, "certificateAuthorities", read_authority));
  out.timestamp_authorities =
      SLUICE_TRY(read_list<TrustedAuthority>(root, "timestampAuthorities", read_authority));
  return out;
}

}  // namespace sluice::attest

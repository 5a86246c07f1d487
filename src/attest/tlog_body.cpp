#include "attest/dsse.h"
#include "attest/internal/signature.h"
#include "attest/pem.h"
#include "attest/tlog.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

constexpr std::size_t k_max_body_bytes = 8u << 20;

[[nodiscard]] tl::unexpected<Error> malformed(std::string message) {
  return fail(ErrorKind::invalid, "attest.tlog-body", "the transparency log entry is malformed: " + message);
}
[[nodiscard]] tl::unexpected<Error> other(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the transparency log entry is about " + message);
}

// Follows a path of members; null if one is missing.
[[nodiscard]] const json::Value* at(const json::Value& value, std::initializer_list<std::string_view> path) {
  const json::Value* found = &value;
  for (const std::string_view key : path) {
    if (found == nullptr) return nullptr;
    found = found->find(key);
  }
  return found;
}

[[nodiscard]] Result<std::string> text_at(const json::Value& value,
                                          std::initializer_list<std::string_view> path) {
  const json::Value* found = at(value, path);
  if (found == nullptr || found->as_string() == nullptr) {
    return malformed("\"" + std::string(*(path.end() - 1)) + "\" is missing or no string");
  }
  return *found->as_string();
}

[[nodiscard]] Result<Bytes> bytes_at(const json::Value& value, std::initializer_list<std::string_view> path) {
  const std::string text = SLUICE_TRY(text_at(value, path));
  auto bytes = from_base64(text, Base64::standard);
  if (!bytes) return malformed("\"" + std::string(*(path.end() - 1)) + "\" is not base64");
  return bytes;
}

// The one item of an array: a bundle has one signature, so its entry has one too.
[[nodiscard]] Result<const json::Value*> only_item(const json::Value* list, std::string_view what) {
  if (list == nullptr || list->as_array() == nullptr || list->as_array()->size() != 1) {
    return malformed("it has not exactly one of " + std::string(what));
  }
  return &list->as_array()->front();
}

[[nodiscard]] Status check_signature(BytesView logged, const Bundle& bundle) {
  if (logged == bundle.signature()) return {};
  return other("attest.tlog-signature", "another signature");
}

[[nodiscard]] Status check_certificate_der(BytesView der, const SignerMaterial& signer) {
  if (signer.certificate != nullptr && signer.certificate->der() == der) return {};
  return other("attest.tlog-signer", "a signature by another certificate");
}

[[nodiscard]] Status check_key_der(BytesView der, const SignerMaterial& signer) {
  if (signer.key != nullptr && signer.key->der() == der) return {};
  return other("attest.tlog-signer", "a signature by another key");
}

// Rekor v1: base64 of PEM, of a certificate or of a public key.
[[nodiscard]] Status check_verifier_v1(BytesView pem, const SignerMaterial& signer) {
  const auto block = parse_pem(pem);
  if (!block) return malformed("its verifier is no PEM block");
  if (block->label == "CERTIFICATE") return check_certificate_der(block->der, signer);
  if (block->label == "PUBLIC KEY") return check_key_der(block->der, signer);
  return malformed("its verifier is a " + block->label);
}

// Rekor v2: DER in base64.
[[nodiscard]] Status check_verifier_v2(const json::Value* verifier, const SignerMaterial& signer) {
  if (verifier == nullptr) return malformed("it has no verifier");
  const json::Value* certificate = verifier->find("x509Certificate");
  const json::Value* key = verifier->find("publicKey");
  if ((certificate != nullptr) == (key != nullptr))
    return malformed("its verifier is not one of certificate and key");
  const Bytes der = SLUICE_TRY(bytes_at(certificate != nullptr ? *certificate : *key, {"rawBytes"}));
  return certificate != nullptr ? check_certificate_der(der, signer) : check_key_der(der, signer);
}

[[nodiscard]] Status check_hex_digest(const json::Value& spec, std::initializer_list<std::string_view> path,
                                      BytesView expected_by_sha256) {
  const json::Value* stated = at(spec, path);
  if (stated == nullptr) return malformed("a digest is missing");
  const std::string algorithm = SLUICE_TRY(text_at(*stated, {"algorithm"}));
  const std::string value = SLUICE_TRY(text_at(*stated, {"value"}));
  const Bytes expected = SLUICE_TRY(hash(algorithm, expected_by_sha256));
  if (value == to_hex(expected)) return {};
  return other("attest.tlog-content", "another payload");
}

[[nodiscard]] Status check_hashedrekord_v1(const json::Value& spec, const Bundle& bundle,
                                           const SignerMaterial& signer, const Artifact& artifact) {
  if (bundle.message() == nullptr)
    return other("attest.tlog-kind", "a bare signature, and the bundle has an envelope");
  const Bytes signature = SLUICE_TRY(bytes_at(spec, {"signature", "content"}));
  SLUICE_CHECK(check_signature(signature, bundle));
  const Bytes pem = SLUICE_TRY(bytes_at(spec, {"signature", "publicKey", "content"}));
  SLUICE_CHECK(check_verifier_v1(pem, signer));
  const std::string algorithm = SLUICE_TRY(text_at(spec, {"data", "hash", "algorithm"}));
  const std::string value = SLUICE_TRY(text_at(spec, {"data", "hash", "value"}));
  const Bytes expected = SLUICE_TRY(artifact.digest(algorithm));
  if (value != to_hex(expected)) return other("attest.tlog-content", "another artifact");
  return {};
}

// The digest of a v2 entry is over what the signature is over: the artifact, or the envelope's PAE.
[[nodiscard]] Status check_hashedrekord_v2(const json::Value& spec, const Bundle& bundle,
                                           const SignerMaterial& signer, const Artifact& artifact) {
  const json::Value* record = spec.find("hashedRekordV002");
  if (record == nullptr) return malformed("\"hashedRekordV002\" is missing");
  const Bytes signature = SLUICE_TRY(bytes_at(*record, {"signature", "content"}));
  SLUICE_CHECK(check_signature(signature, bundle));
  SLUICE_CHECK(check_verifier_v2(at(*record, {"signature", "verifier"}), signer));
  const std::string algorithm = SLUICE_TRY(text_at(*record, {"data", "algorithm"}));
  const Bytes stated = SLUICE_TRY(bytes_at(*record, {"data", "digest"}));
  const Envelope* envelope = bundle.envelope();
  const Bytes expected =
      SLUICE_TRY(envelope != nullptr ? hash(algorithm, pae(envelope->payload_type, envelope->payload))
                                     : artifact.digest(algorithm));
  if (stated != expected) return other("attest.tlog-content", "another artifact");
  return {};
}

[[nodiscard]] Result<const Envelope*> envelope_of(const Bundle& bundle) {
  if (const Envelope* envelope = bundle.envelope()) return envelope;
  return other("attest.tlog-kind", "an envelope, and the bundle has a bare signature");
}

// The entry's envelopeHash is over a JSON spelling of the envelope that nobody keeps: it cannot be checked,
// and need not be, since payload, signature and signer are.
[[nodiscard]] Status check_dsse_v1(const json::Value& spec, const Bundle& bundle,
                                   const SignerMaterial& signer) {
  const Envelope* envelope = SLUICE_TRY(envelope_of(bundle));
  const json::Value* item = SLUICE_TRY(only_item(spec.find("signatures"), "signatures"));
  const Bytes signature = SLUICE_TRY(bytes_at(*item, {"signature"}));
  SLUICE_CHECK(check_signature(signature, bundle));
  const Bytes pem = SLUICE_TRY(bytes_at(*item, {"verifier"}));
  SLUICE_CHECK(check_verifier_v1(pem, signer));
  return check_hex_digest(spec, {"payloadHash"}, envelope->payload);
}

[[nodiscard]] Status check_dsse_v2(const json::Value& spec, const Bundle& bundle,
                                   const SignerMaterial& signer) {
  const Envelope* envelope = SLUICE_TRY(envelope_of(bundle));
  const json::Value* record = spec.find("dsseV002");
  if (record == nullptr) return malformed("\"dsseV002\" is missing");
  const json::Value* item = SLUICE_TRY(only_item(record->find("signatures"), "signatures"));
  const Bytes signature = SLUICE_TRY(bytes_at(*item, {"content"}));
  SLUICE_CHECK(check_signature(signature, bundle));
  SLUICE_CHECK(check_verifier_v2(item->find("verifier"), signer));
  const std::string algorithm = SLUICE_TRY(text_at(*record, {"payloadHash", "algorithm"}));
  const Bytes stated = SLUICE_TRY(bytes_at(*record, {"payloadHash", "digest"}));
  const Bytes expected = SLUICE_TRY(hash(algorithm, envelope->payload));
  if (stated != expected) return other("attest.tlog-content", "another payload");
  return {};
}

[[nodiscard]] Status check_intoto_v2(const json::Value& spec, const Bundle& bundle,
                                     const SignerMaterial& signer) {
  const Envelope* envelope = SLUICE_TRY(envelope_of(bundle));
  const json::Value* logged = at(spec, {"content", "envelope"});
  if (logged == nullptr) return malformed("\"envelope\" is missing");
  const json::Value* item = SLUICE_TRY(only_item(logged->find("signatures"), "signatures"));
  // This kind keeps the base64 text of the signature, in base64.
  const Bytes text = SLUICE_TRY(bytes_at(*item, {"sig"}));
  const auto signature = from_base64(text, Base64::either);
  if (!signature) return malformed("\"sig\" is not base64 twice");
  SLUICE_CHECK(check_signature(*signature, bundle));
  const Bytes pem = SLUICE_TRY(bytes_at(*item, {"publicKey"}));
  SLUICE_CHECK(check_verifier_v1(pem, signer));
  if (logged->string_at("payloadType") != envelope->payload_type) {
    return other("attest.tlog-content", "a payload of another type");
  }
  return check_hex_digest(spec, {"content", "payloadHash"}, envelope->payload);
}

}  // namespace

Status check_tlog_body(const TlogEntry& entry, const Bundle& bundle, const SignerMaterial& signer,
                       const Artifact& artifact) {
  json::Limits limits;
  limits.bytes = k_max_body_bytes;
  const auto body = json::parse(entry.body, "log entry", limits);
  if (!body) return malformed(body.error().message);
  const std::string kind = SLUICE_TRY(text_at(*body, {"kind"}));
  const std::string version = SLUICE_TRY(text_at(*body, {"apiVersion"}));
  if (kind != entry.kind || version != entry.version) {
    return other("attest.tlog-kind",
                 "a " + kind + " " + version + ", and the bundle says " + entry.kind + " " + entry.version);
  }
  const json::Value* spec = body->find("spec");
  if (spec == nullptr) return malformed("\"spec\" is missing");
  if (kind == "hashedrekord" && version == "0.0.1")
    return check_hashedrekord_v1(*spec, bundle, signer, artifact);
  if (kind == "hashedrekord" && version == "0.0.2")
    return check_hashedrekord_v2(*spec, bundle, signer, artifact);
  if (kind == "dsse" && version == "0.0.1") return check_dsse_v1(*spec, bundle, signer);
  if (kind == "dsse" && version == "0.0.2") return check_dsse_v2(*spec, bundle, signer);
  if (kind == "intoto" && version == "0.0.2") return check_intoto_v2(*spec, bundle, signer);
  return fail(ErrorKind::unsupported, "attest.tlog-kind",
              "entries of the kind " + kind + " " + version + " are not supported");
}

}  // namespace sluice::attest

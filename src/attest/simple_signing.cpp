#include "attest/simple_signing.h"

#include "attest/pem.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_signature = "dev.cosignproject.cosign/signature";
constexpr std::string_view k_certificate = "dev.sigstore.cosign/certificate";
constexpr std::string_view k_chain = "dev.sigstore.cosign/chain";
constexpr std::string_view k_bundle = "dev.sigstore.cosign/bundle";
constexpr std::string_view k_timestamp = "dev.sigstore.cosign/rfc3161timestamp";
constexpr std::string_view k_type = "cosign container image signature";
constexpr std::string_view k_old_type = "atomic container signature";

using Annotations = std::map<std::string, std::string>;

[[nodiscard]] tl::unexpected<Error> bad_payload(std::string message) {
  return fail(ErrorKind::invalid, "attest.simple-payload", "the signature's payload: " + message);
}
[[nodiscard]] tl::unexpected<Error> bad_annotation(std::string_view name, std::string message) {
  return fail(ErrorKind::invalid, "attest.simple-annotation",
              "the annotation " + std::string(name) + ": " + message);
}

// "" if absent.
[[nodiscard]] std::string_view get(const Annotations& annotations, std::string_view name) {
  const auto found = annotations.find(std::string(name));
  return found == annotations.end() ? std::string_view() : std::string_view(found->second);
}

[[nodiscard]] Result<json::Value> parse_annotation(const Annotations& annotations, std::string_view name) {
  auto value = json::parse(get(annotations, name), name);
  if (!value) return bad_annotation(name, value.error().message);
  return value;
}

[[nodiscard]] Result<Bytes> decode(std::string_view name, std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes || bytes->empty()) return bad_annotation(name, "it is not base64, or empty");
  return bytes;
}

// PEM blocks one after another.
[[nodiscard]] Status append_certificates(std::string_view name, std::string_view text, Bundle& out) {
  constexpr std::string_view k_end = "-----END CERTIFICATE-----";
  while (text.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    const auto end = text.find(k_end);
    if (end == std::string_view::npos) return bad_annotation(name, "it is no PEM certificate");
    const auto block = parse_pem(text.substr(0, end + k_end.size()));
    if (!block || block->label != "CERTIFICATE") return bad_annotation(name, "it is no PEM certificate");
    if (out.certificates.size() == k_max_chain_certificates)
      return bad_annotation(name, "it has too many certificates");
    out.certificates.push_back(block->der);
    text.remove_prefix(end + k_end.size());
  }
  return {};
}

// {"SignedEntryTimestamp":b64,"Payload":{"body":b64,"integratedTime":n,"logIndex":n,"logID":hex}}
[[nodiscard]] Result<TlogEntry> read_entry(const json::Value& value) {
  const json::Value* payload = value.find("Payload");
  const json::Value* time = payload != nullptr ? payload->find("integratedTime") : nullptr;
  const json::Value* index = payload != nullptr ? payload->find("logIndex") : nullptr;
  if (time == nullptr || time->as_int() == nullptr || *time->as_int() <= 0 || index == nullptr ||
      index->as_int() == nullptr || *index->as_int() < 0) {
    return bad_annotation(k_bundle, "its time or index is missing or no natural number");
  }
  TlogEntry out;
  out.integrated_time = *time->as_int();
  out.log_index = static_cast<std::uint64_t>(*index->as_int());
  out.body = SLUICE_TRY(decode(k_bundle, payload->string_at("body")));
  out.promise = SLUICE_TRY(decode(k_bundle, value.string_at("SignedEntryTimestamp")));
  const auto id = from_hex(payload->string_at("logID"));
  if (!id || id->empty()) return bad_annotation(k_bundle, "its log id is not lower-case hex");
  out.log_id = *id;
  // This format does not repeat kind and version beside the body; check_tlog_body compares them, so take them
  // from it.
  const auto body = json::parse(out.body, "log entry");
  if (!body) return bad_annotation(k_bundle, "its body is no JSON: " + body.error().message);
  out.kind = body->string_at("kind");
  out.version = body->string_at("apiVersion");
  return out;
}

// All but the content: certificate, log entry, timestamp.
[[nodiscard]] Result<Bundle> read_material(const Annotations& annotations) {
  Bundle out;
  out.version = BundleVersion::v0_1;
  SLUICE_CHECK(append_certificates(k_certificate, get(annotations, k_certificate), out));
  if (out.certificates.size() > 1) return bad_annotation(k_certificate, "it has more than one certificate");
  out.has_public_key = out.certificates.empty();
  // cosign puts the whole chain here, its root too; roots come from the trusted root only, so the chain is
  // not needed for any authority that is in it. It is read, so that junk is noticed, and left out.
  Bundle chain;
  SLUICE_CHECK(append_certificates(k_chain, get(annotations, k_chain), chain));

  if (!get(annotations, k_bundle).empty()) {
    const json::Value value = SLUICE_TRY(parse_annotation(annotations, k_bundle));
    out.tlog_entries.push_back(SLUICE_TRY(read_entry(value)));
  }
  if (!get(annotations, k_timestamp).empty()) {
    const json::Value value = SLUICE_TRY(parse_annotation(annotations, k_timestamp));
    out.timestamps.push_back(SLUICE_TRY(decode(k_timestamp, value.string_at("SignedRFC3161Timestamp"))));
  }
  return out;
}

}  // namespace

Result<SimplePayload> parse_simple_payload(BytesView payload) {
  const json::Value root = SLUICE_TRY(json::parse(payload, "signature payload"));
  const json::Value* critical = root.find("critical");
  const json::Value* image = critical != nullptr ? critical->find("image") : nullptr;
  const json::Value* identity = critical != nullptr ? critical->find("identity") : nullptr;
  if (image == nullptr) return bad_payload("it names no image");
  const std::string_view type = critical->string_at("type");
  if (type != k_type && type != k_old_type) return bad_payload("its type is \"" + std::string(type) + "\"");
  const auto digest = Digest::parse_oci(image->string_at("docker-manifest-digest"));
  if (!digest) return bad_payload("its image digest is no sha256 digest");
  return SimplePayload{*digest,
                       identity != nullptr ? std::string(identity->string_at("docker-reference")) : ""};
}

Result<Bundle> bundle_of_annotations(const Annotations& annotations) {
  Bundle out = SLUICE_TRY(read_material(annotations));
  MessageSignature message;
  message.signature = SLUICE_TRY(decode(k_signature, get(annotations, k_signature)));
  out.content = std::move(message);
  return out;
}

Result<Bundle> bundle_of_attestation(const Annotations& annotations, BytesView envelope_text) {
  Bundle out = SLUICE_TRY(read_material(annotations));
  Envelope envelope = SLUICE_TRY(parse_envelope(envelope_text, "envelope"));
  if (envelope.signatures.size() != 1)
    return fail(ErrorKind::invalid, "attest.bundle-signatures", "the envelope has not exactly one signature");
  out.content = std::move(envelope);
  return out;
}

Result<VerifiedBundle> verify_simple_signing(const Annotations& annotations, BytesView payload,
                                             const TrustedRoot* root, BundleOptions options,
                                             const SimpleExpectations& expected) {
  const Bundle bundle = SLUICE_TRY(bundle_of_annotations(annotations));
  options.artifact = payload;
  options.artifact_digest.reset();
  VerifiedBundle out = SLUICE_TRY(verify_bundle(bundle, root, options));
  const SimplePayload signed_payload = SLUICE_TRY(parse_simple_payload(payload));
  if (signed_payload.image != expected.image) {
    return fail(ErrorKind::crypto, "attest.subject-mismatch", "the signature is about another image");
  }
  if (expected.reference && signed_payload.reference != *expected.reference) {
    return fail(
        ErrorKind::crypto, "attest.simple-reference",
        "the signature was made for \"" + signed_payload.reference + "\", not for " + *expected.reference);
  }
  out.payload = payload;
  return out;
}

}  // namespace sluice::attest

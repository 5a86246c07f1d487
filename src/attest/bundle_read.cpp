#include "attest/bundle.h"
#include "attest/internal/proto_json.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

using internal::Message;

constexpr std::string_view k_code = "attest.bundle";

[[nodiscard]] Result<BundleVersion> read_version(std::string_view media_type) {
  constexpr std::string_view k_old = "application/vnd.dev.sigstore.bundle+json;version=0.";
  if (media_type == k_bundle_media_type || media_type == std::string(k_old) + "3") return BundleVersion::v0_3;
  if (media_type == std::string(k_old) + "2") return BundleVersion::v0_2;
  if (media_type == std::string(k_old) + "1") return BundleVersion::v0_1;
  return fail(ErrorKind::invalid, "attest.bundle-media-type",
              "this is no Sigstore bundle that can be read: media type \"" + std::string(media_type) + "\"");
}

[[nodiscard]] Result<Bytes> read_certificate(const json::Value& value) {
  const Message message = SLUICE_TRY(Message::open(value, "certificate", k_code, {"rawBytes"}));
  return message.required_bytes("rawBytes");
}

[[nodiscard]] Status read_key_material(const Message& material, Bundle& out) {
  const json::Value* key = material.get("publicKey");
  const json::Value* chain = material.get("x509CertificateChain");
  const json::Value* certificate = material.get("certificate");
  if ((key != nullptr) + (chain != nullptr) + (certificate != nullptr) != 1) {
    return material.fail_with("", "exactly one of publicKey, certificate and x509CertificateChain is needed");
  }
  if (key != nullptr) {
    const Message message = SLUICE_TRY(Message::open(*key, "publicKey", k_code, {"hint"}));
    out.public_key_hint = SLUICE_TRY(message.text("hint"));
    out.has_public_key = true;
    return {};
  }
  if (certificate != nullptr) {
    if (out.version != BundleVersion::v0_3) {
      return material.fail_with("-field", "\"certificate\" does not exist before version 0.3");
    }
    out.certificates.push_back(SLUICE_TRY(read_certificate(*certificate)));
    return {};
  }
  if (out.version == BundleVersion::v0_3) {
    return material.fail_with("-field", "\"x509CertificateChain\" does not exist from version 0.3 on");
  }
  const Message message = SLUICE_TRY(Message::open(*chain, "x509CertificateChain", k_code, {"certificates"}));
  const json::Array* items = SLUICE_TRY(message.list("certificates", k_max_chain_certificates));
  if (items->empty()) return message.fail_with("", "there is no certificate");
  for (const json::Value& item : *items) out.certificates.push_back(SLUICE_TRY(read_certificate(item)));
  return {};
}

[[nodiscard]] Result<InclusionProof> read_proof(const json::Value& value) {
  const Message message = SLUICE_TRY(Message::open(
      value, "inclusionProof", k_code, {"logIndex", "rootHash", "treeSize", "hashes", "checkpoint"}));
  InclusionProof out;
  out.log_index = SLUICE_TRY(message.natural("logIndex"));
  out.tree_size = SLUICE_TRY(message.natural("treeSize"));
  out.root_hash = SLUICE_TRY(message.required_bytes("rootHash"));
  const json::Array* hashes = SLUICE_TRY(message.list("hashes", k_max_proof_hashes));
  for (const json::Value& item : *hashes) {
    const std::string* text = item.as_string();
    if (text == nullptr) return message.fail_with("", "a hash is no string");
    auto hash = from_base64(*text, Base64::either);
    if (!hash) return message.fail_with("-base64", "a hash is not base64");
    out.hashes.push_back(std::move(*hash));
  }
  if (const json::Value* checkpoint = message.get("checkpoint")) {
    const Message note = SLUICE_TRY(Message::open(*checkpoint, "checkpoint", k_code, {"envelope"}));
    out.checkpoint = SLUICE_TRY(note.text("envelope"));
  }
  return out;
}

[[nodiscard]] Result<TlogEntry> read_tlog_entry(const json::Value& value, BundleVersion version) {
  const Message message =
      SLUICE_TRY(Message::open(value, "tlogEntry", k_code,
                               {"logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise",
                                "inclusionProof", "canonicalizedBody"}));
  TlogEntry out;
  out.log_index = SLUICE_TRY(message.natural("logIndex"));
  out.integrated_time = static_cast<std::int64_t>(SLUICE_TRY(message.natural("integratedTime")));
  out.body = SLUICE_TRY(message.required_bytes("canonicalizedBody"));

  const Message log = SLUICE_TRY(Message::open(message.get_or_null("logId"), "logId", k_code, {"keyId"}));
  out.log_id = SLUICE_TRY(log.required_bytes("keyId"));
  const Message kind = SLUICE_TRY(
      Message::open(message.get_or_null("kindVersion"), "kindVersion", k_code, {"kind", "version"}));
  out.kind = SLUICE_TRY(kind.text("kind"));
  out.version = SLUICE_TRY(kind.text("version"));

  if (const json::Value* promise = message.get("inclusionPromise")) {
    const Message inner =
        SLUICE_TRY(Message::open(*promise, "inclusionPromise", k_code, {"signedEntryTimestamp"}));
    out.promise = SLUICE_TRY(inner.required_bytes("signedEntryTimestamp"));
  }
  if (const json::Value* proof = message.get("inclusionProof")) out.proof = SLUICE_TRY(read_proof(*proof));

  if (version == BundleVersion::v0_1) {
    if (!out.promise)
      return message.fail_with("-promise-missing", "version 0.1 requires an inclusion promise");
  } else if (!out.proof || out.proof->checkpoint.empty()) {
    return message.fail_with("-proof-missing", "an inclusion proof with a checkpoint is required");
  }
  return out;
}

[[nodiscard]] Status read_timestamps(const Message& material, Bundle& out) {
  const json::Value* value = material.get("timestampVerificationData");
  if (value == nullptr) return {};
  const Message data =
      SLUICE_TRY(Message::open(*value, "timestampVerificationData", k_code, {"rfc3161Timestamps"}));
  const json::Array* items = SLUICE_TRY(data.list("rfc3161Timestamps", k_max_timestamps));
  for (const json::Value& item : *items) {
    const Message token = SLUICE_TRY(Message::open(item, "rfc3161Timestamp", k_code, {"signedTimestamp"}));
    out.timestamps.push_back(SLUICE_TRY(token.required_bytes("signedTimestamp")));
  }
  return {};
}

[[nodiscard]] Result<MessageSignature> read_message_signature(const json::Value& value) {
  const Message message =
      SLUICE_TRY(Message::open(value, "messageSignature", k_code, {"messageDigest", "signature"}));
  MessageSignature out;
  out.signature = SLUICE_TRY(message.required_bytes("signature"));
  if (const json::Value* stated = message.get("messageDigest")) {
    const Message digest =
        SLUICE_TRY(Message::open(*stated, "messageDigest", k_code, {"algorithm", "digest"}));
    out.digest_algorithm = SLUICE_TRY(digest.text("algorithm"));
    out.digest = SLUICE_TRY(digest.bytes("digest"));
    if (out.digest_algorithm.empty() != out.digest.empty()) {
      return digest.fail_with("", "a digest needs its algorithm, and an algorithm its digest");
    }
  }
  return out;
}

[[nodiscard]] Status read_content(const Message& root, Bundle& out) {
  const json::Value* message = root.get("messageSignature");
  const json::Value* envelope = root.get("dsseEnvelope");
  if ((message != nullptr) + (envelope != nullptr) != 1) {
    return root.fail_with("", "exactly one of messageSignature and dsseEnvelope is needed");
  }
  if (message != nullptr) {
    out.content = SLUICE_TRY(read_message_signature(*message));
    return {};
  }
  // A bare DSSE envelope may have members of others; one in a bundle is a message of fixed fields.
  if (envelope->as_object() != nullptr)
    SLUICE_TRY(Message::open(*envelope, "envelope", k_code, {"payload", "payloadType", "signatures"}));
  if (const json::Value* list = envelope->find("signatures");
      list != nullptr && list->as_array() != nullptr) {
    for (const json::Value& item : *list->as_array())
      if (item.as_object() != nullptr)
        SLUICE_TRY(Message::open(item, "envelope signature", k_code, {"keyid", "sig"}));
  }
  Envelope read = SLUICE_TRY(read_envelope(*envelope));
  if (read.signatures.size() != 1) {
    return root.fail_with("-signatures", "the envelope has " + std::to_string(read.signatures.size()) +
                                             " signatures; a bundle has exactly one");
  }
  const std::string& keyid = read.signatures.front().keyid;
  // An envelope without a keyid states nothing that could differ.
  if (out.has_public_key && !keyid.empty() && keyid != out.public_key_hint) {
    return fail(ErrorKind::invalid, "attest.keyid-hint-mismatch",
                "the bundle's key hint and the envelope's keyid name two different keys");
  }
  out.content = std::move(read);
  return {};
}

}  // namespace

const Bytes& Bundle::signature() const {
  if (const Envelope* found = envelope()) return found->signatures.front().sig;
  return message()->signature;
}

Result<Bundle> parse_bundle(std::string_view text) {
  json::Limits limits;
  limits.bytes = k_max_bundle_bytes;
  const json::Value value = SLUICE_TRY(json::parse(text, "bundle", limits));
  const Message root = SLUICE_TRY(Message::open(
      value, "bundle", k_code, {"mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope"}));
  Bundle out;
  const std::string media_type = SLUICE_TRY(root.text("mediaType"));
  out.version = SLUICE_TRY(read_version(media_type));
  const Message material = SLUICE_TRY(Message::open(
      root.get_or_null("verificationMaterial"), "verificationMaterial", k_code,
      {"publicKey", "certificate", "x509CertificateChain", "tlogEntries", "timestampVerificationData"}));
  SLUICE_CHECK(read_key_material(material, out));
  const json::Array* entries = SLUICE_TRY(material.list("tlogEntries", k_max_tlog_entries));
  for (const json::Value& entry : *entries) {
    out.tlog_entries.push_back(SLUICE_TRY(read_tlog_entry(entry, out.version)));
  }
  SLUICE_CHECK(read_timestamps(material, out));
  SLUICE_CHECK(read_content(root, out));
  return out;
}

}  // namespace sluice::attest

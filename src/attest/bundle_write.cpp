#include "attest/bundle.h"
#include "attest/predicate_shape.h"
#include "attest/secret_filter.h"
#include "attest/statement.h"
#include "base/digest.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

[[nodiscard]] Status check_options(const SigningOptions& options) {
  if (options.signer == nullptr) return fail(ErrorKind::internal, "attest.no-signer", "there is no signer");
  if (options.certificate == nullptr) return {};
  const PublicKey key = SLUICE_TRY(options.certificate->public_key());
  if (key == options.signer->public_key()) return {};
  return fail(ErrorKind::config, "attest.certificate-key",
              "the certificate is not that of the key that signs",
              "renew the certificate for this key, or sign with the key that it names");
}

[[nodiscard]] Result<json::Object> material_json(const SigningOptions& options, BytesView signature) {
  json::Object out;
  if (options.certificate != nullptr) {
    out.set("certificate", json::Object{{"rawBytes", to_base64(options.certificate->der())}});
  } else {
    out.set("publicKey", json::Object{{"hint", options.signer->public_key().id()}});
  }
  json::Array timestamps;
  for (TimestampSource* source : options.timestamps) {
    const Bytes stamp = SLUICE_TRY(source->stamp(signature));
    timestamps.emplace_back(json::Object{{"signedTimestamp", to_base64(stamp)}});
  }
  if (!timestamps.empty()) {
    out.set("timestampVerificationData", json::Object{{"rfc3161Timestamps", std::move(timestamps)}});
  }
  return out;
}

}  // namespace

Result<Bytes> sign_statement(BytesView statement, const SigningOptions& options) {
  SLUICE_CHECK(check_options(options));
  const Statement parsed = SLUICE_TRY(parse_statement(statement));
  json::Limits limits;
  limits.bytes = k_max_statement_bytes;
  SLUICE_CHECK(check_no_secrets(SLUICE_TRY(json::parse(statement, "statement", limits))));
  SLUICE_CHECK(check_predicate(parsed.predicate_type, parsed.predicate));

  Envelope envelope;
  envelope.payload_type = k_in_toto_payload_type;
  envelope.payload = statement;
  Bytes signature = SLUICE_TRY(options.signer->sign(pae(envelope.payload_type, statement)));
  json::Object material = SLUICE_TRY(material_json(options, signature));
  // With a certificate there is no key hint that a keyid could agree with.
  const bool hinted = options.certificate == nullptr && options.keyid;
  envelope.signatures.push_back(
      {hinted ? options.signer->public_key().id() : std::string(), std::move(signature)});
  return json::write(json::Object{{"mediaType", k_bundle_media_type},
                                  {"verificationMaterial", std::move(material)},
                                  {"dsseEnvelope", envelope_json(envelope)}});
}

Result<Bytes> sign_statement(BytesView statement, const Signer& key) {
  SigningOptions options;
  options.signer = &key;
  return sign_statement(statement, options);
}

Result<Bytes> sign_message(BytesView message, const SigningOptions& options) {
  SLUICE_CHECK(check_options(options));
  const Bytes signature = SLUICE_TRY(options.signer->sign(message));
  json::Object material = SLUICE_TRY(material_json(options, signature));
  const Digest digest = sha256(message);
  const Bytes raw(reinterpret_cast<const char*>(digest.raw().data()), digest.raw().size());
  return json::write(json::Object{
      {"mediaType", k_bundle_media_type},
      {"verificationMaterial", std::move(material)},
      {"messageSignature",
       json::Object{{"messageDigest", json::Object{{"algorithm", "SHA2_256"}, {"digest", to_base64(raw)}}},
                    {"signature", to_base64(signature)}}}});
}

}  // namespace sluice::attest

#include "attest/dsse.h"

namespace sluice::attest {
namespace {

[[nodiscard]] tl::unexpected<Error> bad_envelope(std::string message) {
  return fail(ErrorKind::invalid, "attest.envelope", std::move(message));
}

[[nodiscard]] Result<Bytes> decode(const json::Value* value, std::string_view what) {
  const std::string* text = value != nullptr ? value->as_string() : nullptr;
  if (text == nullptr)
    return bad_envelope("the envelope's \"" + std::string(what) + "\" is missing or no string");
  auto bytes = from_base64(*text, Base64::either);
  if (!bytes) {
    return fail(ErrorKind::invalid, "attest.envelope-base64",
                "the envelope's \"" + std::string(what) + "\" is not base64: " + bytes.error().message);
  }
  return bytes;
}

[[nodiscard]] Result<EnvelopeSignature> read_signature(const json::Value& value) {
  if (value.as_object() == nullptr) return bad_envelope("a signature of the envelope is no object");
  EnvelopeSignature out;
  out.sig = SLUICE_TRY(decode(value.find("sig"), "sig"));
  if (out.sig.empty()) return bad_envelope("a signature of the envelope is empty");
  const json::Value* keyid = value.find("keyid");
  if (keyid != nullptr && !keyid->is_null()) {
    if (keyid->as_string() == nullptr) return bad_envelope("the envelope's \"keyid\" is no string");
    out.keyid = *keyid->as_string();
  }
  return out;
}

}  // namespace

Bytes pae(std::string_view payload_type, BytesView payload) {
  Bytes out = "DSSEv1 ";
  out.reserve(payload.size() + payload_type.size() + 64);
  out += std::to_string(payload_type.size());
  out += ' ';
  out += payload_type;
  out += ' ';
  out += std::to_string(payload.size());
  out += ' ';
  out += payload;
  return out;
}

Result<Envelope> read_envelope(const json::Value& value) {
  if (value.as_object() == nullptr) return bad_envelope("the envelope is no JSON object");
  Envelope out;
  out.payload = SLUICE_TRY(decode(value.find("payload"), "payload"));
  const json::Value* type = value.find("payloadType");
  if (type == nullptr || type->as_string() == nullptr || type->as_string()->empty()) {
    return bad_envelope("the envelope's \"payloadType\" is missing or no string");
  }
  out.payload_type = *type->as_string();

  const json::Value* signatures = value.find("signatures");
  const json::Array* list = signatures != nullptr ? signatures->as_array() : nullptr;
  if (list == nullptr) return bad_envelope("the envelope's \"signatures\" is missing or no array");
  if (list->empty() || list->size() > k_max_envelope_signatures) {
    return fail(ErrorKind::invalid, "attest.envelope-signatures",
                "the envelope has " + std::to_string(list->size()) + " signatures, expected 1 to " +
                    std::to_string(k_max_envelope_signatures));
  }
  for (const json::Value& item : *list) out.signatures.push_back(SLUICE_TRY(read_signature(item)));
  return out;
}

Result<Envelope> parse_envelope(std::string_view text, std::string_view name) {
  json::Limits limits;
  limits.bytes = k_max_envelope_bytes;
  return read_envelope(SLUICE_TRY(json::parse(text, name, limits)));
}

json::Value envelope_json(const Envelope& envelope) {
  json::Array signatures;
  for (const EnvelopeSignature& signature : envelope.signatures) {
    signatures.emplace_back(json::Object{{"keyid", signature.keyid}, {"sig", to_base64(signature.sig)}});
  }
  return json::Object{{"payload", to_base64(envelope.payload)},
                      {"payloadType", envelope.payload_type},
                      {"signatures", std::move(signatures)}};
}

bool is_in_toto_payload_type(std::string_view payload_type) {
  if (payload_type == k_in_toto_payload_type) return true;
  constexpr std::string_view k_head = "application/vnd.in-toto.";
  constexpr std::string_view k_tail = "+json";
  if (!payload_type.starts_with(k_head) || !payload_type.ends_with(k_tail)) return false;
  const std::size_t middle = payload_type.size() - k_head.size();
  return middle > k_tail.size() &&
         payload_type.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+/") == std::string_view::npos;
}

}  // namespace sluice::attest

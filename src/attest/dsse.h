// DSSE v1.0.2 envelopes: what is signed is PAE(payload type, payload), never the JSON around it.
//
// keyid is a hint that nobody signed: it never decides anything. Unknown members of an envelope are ignored,
// as the specification asks; duplicate ones are refused by the JSON reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::string_view k_in_toto_payload_type = "application/vnd.in-toto+json";
inline constexpr std::size_t k_max_envelope_signatures = 16;
inline constexpr std::size_t k_max_envelope_bytes = 32u << 20;

struct EnvelopeSignature {
  std::string keyid;  // may be empty
  Bytes sig;
};

struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<EnvelopeSignature> signatures;
};

// "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload, with lengths in bytes. (The reference
// implementation counts characters; for a type that is not ASCII it differs from the specification, and we
// follow the specification.)
[[nodiscard]] Bytes pae(std::string_view payload_type, BytesView payload);

// Base64 in the standard or the URL-safe alphabet. Codes: attest.envelope, attest.envelope-base64,
// attest.envelope-signatures (none, or more than the limit), and those of json::parse.
[[nodiscard]] Result<Envelope> parse_envelope(std::string_view text, std::string_view name);
[[nodiscard]] Result<Envelope> read_envelope(const json::Value& value);

[[nodiscard]] json::Value envelope_json(const Envelope& envelope);

// True for the payload types that carry an in-toto Statement: application/vnd.in-toto[.<predicate>]+json.
[[nodiscard]] bool is_in_toto_payload_type(std::string_view payload_type);

}  // namespace sluice::attest

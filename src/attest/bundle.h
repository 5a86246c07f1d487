// Sigstore bundles: one signed thing with all that is needed to verify it offline (sigstore/protobuf-specs).
//
// Written: v0.3, one DSSE signature, a public-key hint that equals the envelope's keyid. Read: v0.1 to v0.3,
// strictly: proto3 JSON in lowerCamelCase; a member that the format of that version does not have is refused,
// since a bundle relabelled to an older version must not lose its stricter rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "attest/certificate.h"
#include "attest/dsse.h"
#include "attest/keys.h"
#include "attest/timestamp_source.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::string_view k_bundle_media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
inline constexpr std::size_t k_max_bundle_bytes = 48u << 20;
inline constexpr std::size_t k_max_tlog_entries = 32;
inline constexpr std::size_t k_max_timestamps = 32;
inline constexpr std::size_t k_max_chain_certificates = 10;
inline constexpr std::size_t k_max_proof_hashes = 63;  // a tree of 2^63 leaves has no longer path

enum class BundleVersion : std::uint8_t { v0_1, v0_2, v0_3 };

struct InclusionProof {
  std::uint64_t log_index = 0;  // of the leaf, in the tree of this proof
  std::uint64_t tree_size = 0;
  Bytes root_hash;
  std::vector<Bytes> hashes;  // from the leaf upwards
  std::string checkpoint;     // the signed note; empty if absent (v0.1 only)
};

struct TlogEntry {
  std::uint64_t log_index = 0;  // in the whole log
  Bytes log_id;
  std::string kind;
  std::string version;
  std::int64_t integrated_time = 0;  // seconds; 0 = absent. Worth nothing before the promise is verified
  std::optional<Bytes> promise;      // signed entry timestamp
  std::optional<InclusionProof> proof;
  Bytes body;  // the canonicalised entry: the bytes that were logged
};

struct MessageSignature {
  std::string digest_algorithm;  // "SHA2_256", …; empty if no digest is stated
  Bytes digest;                  // a hint that nobody signed
  Bytes signature;
};

struct Bundle {
  BundleVersion version = BundleVersion::v0_3;
  // Exactly one of the two: DER certificates (leaf first), or the hint of a public key (may be empty).
  std::vector<Bytes> certificates;
  std::string public_key_hint;
  bool has_public_key = false;

  std::vector<TlogEntry> tlog_entries;
  std::vector<Bytes> timestamps;  // DER TimeStampResp (RFC 3161)
  std::variant<MessageSignature, Envelope> content;

  [[nodiscard]] const Envelope* envelope() const { return std::get_if<Envelope>(&content); }
  [[nodiscard]] const MessageSignature* message() const { return std::get_if<MessageSignature>(&content); }
  // The one signature, whichever the content is.
  [[nodiscard]] const Bytes& signature() const;
};

// Codes: attest.bundle (shape), attest.bundle-media-type, attest.bundle-field (a member this version does not
// have), attest.bundle-base64, attest.bundle-number, attest.bundle-limit, attest.bundle-signatures (not
// exactly one), attest.keyid-hint-mismatch, attest.bundle-promise-missing (v0.1), attest.bundle-proof-missing
// (v0.2 and later), and those of json::parse and read_envelope.
[[nodiscard]] Result<Bundle> parse_bundle(std::string_view text);

// How a bundle is signed: by a key alone, or by a key whose certificate stands in the bundle, with
// timestamps.
struct SigningOptions {
  const Signer* signer = nullptr;            // required
  const Certificate* certificate = nullptr;  // of the signer's key; then it stands in place of the key hint
  std::vector<TimestampSource*> timestamps;  // each stamps the signature; one that fails fails the signing
  // Whether the envelope's keyid repeats the key hint. Clients over sigstore-go (cosign 3) take it for a
  // fingerprint of another kind and refuse what differs; an empty one they take.
  bool keyid = true;
};

// Signs `statement` (the bytes of an in-toto statement) and wraps it: DSSE, bundle v0.3, key hint. Refuses
// bytes that parse_statement refuses, predicates that check_predicate refuses, and statements that hold a
// secret (attest.secret-in-payload). Other codes: attest.certificate-key (the certificate is of another key).
[[nodiscard]] Result<Bytes> sign_statement(BytesView statement, const SigningOptions& options);
[[nodiscard]] Result<Bytes> sign_statement(BytesView statement, const Signer& key);

// Signs bare bytes: a bundle v0.3 with a message signature and the bytes' SHA-256.
[[nodiscard]] Result<Bytes> sign_message(BytesView message, const SigningOptions& options);

}  // namespace sluice::attest

// Verifying a bundle of the Sigstore world, offline: a trusted root, and either an identity (certificate) or
// a key.
//
// Order as in the Sigstore client specification, section 4: times, certificate chain at every time,
// certificate transparency, log entry, signature, statement and subject, identity. What the trusted root has
// of logs and authorities is what is demanded: with transparency logs in it a bundle must have an entry in
// one of them; with certificate transparency logs, a certificate must have their proof.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attest/artifact.h"
#include "attest/bundle.h"
#include "attest/moment.h"
#include "attest/statement.h"
#include "attest/trusted_root.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

struct BundleOptions {
  BytesView bundle;
  BytesView trusted_root;  // JSON; may be empty only together with a key: then the signature alone counts

  // Either a key …
  std::optional<std::string> key_pem;
  // … or an identity: both texts exactly, and never empty (an empty constraint would accept everybody).
  std::string certificate_identity;  // subject alternative name
  std::string certificate_issuer;    // OIDC issuer
  // What the certificate must say of the build, by the names of VerifiedBundle::claims, exactly. A name that
  // is not one of them is an error and never dropped (CVE-2026-48815); only together with an identity.
  std::map<std::string, std::string> certificate_claims;

  // The artifact: its bytes, or its SHA-256.
  std::optional<BytesView> artifact;
  std::optional<Digest> artifact_digest;

  std::vector<std::string> predicate_types;  // accepted ones of a statement; empty = any
};

struct VerifiedBundle {
  std::string key_id;    // of a key: hex SHA-256 of its SubjectPublicKeyInfo; else empty
  std::string identity;  // of a certificate; else empty
  std::string issuer;    // of a certificate; else empty
  std::map<std::string, std::string>
      claims;                              // what the certificate says of the build: "sourceRepositoryURI", …
  std::vector<Moment> times;               // verified ones, sorted
  std::vector<std::uint64_t> log_indices;  // of the verified entries
  std::string payload_type;                // of an envelope; else empty
  Bytes payload;                           // of an envelope: exactly what was signed
  std::optional<Statement> statement;      // of an envelope
};

// Codes, besides those of parse_bundle, parse_trusted_root, verify_timestamp, verify_tlog_entry,
// check_tlog_body, verify_chain, verify_sct, parse_statement and match_subjects:
//   attest.no-expectation   no artifact, no signer, an empty identity or issuer, or both a key and an
//   identity attest.material         the bundle is signed with a certificate and a key was given, or the
//   other way round attest.root-in-chain    the bundle brings its own self-signed certificate along
//   attest.tlog-missing     the trusted root has logs, and the bundle has no entry in any of them
//   attest.tlog-duplicate, attest.timestamp-duplicate   the same entry or token twice
//   attest.no-time          a certificate, and no verified time at which it could have been valid
//   attest.log-time         a log that states no time of its own was not valid at a verified time
//   attest.message-digest   the digest that the bundle states is not the artifact's
//   attest.signature        the signature does not hold
//   attest.payload-type     the envelope holds no in-toto statement
//   attest.predicate-type   not among the accepted ones
//   attest.identity         the certificate names another identity
//   attest.issuer           the certificate names another issuer
//   attest.claim            the certificate says something else of the build, or nothing
//   attest.policy-option    a demand that is not known, or that cannot be met: a claim of a key
[[nodiscard]] Result<VerifiedBundle> verify_bundle(const BundleOptions& options);

// The same with both files read already; `options.bundle` and `options.trusted_root` are not looked at. For
// many bundles under one root, and for bundles that were put together from older formats. `root` may be null
// only with a key.
[[nodiscard]] Result<VerifiedBundle> verify_bundle(const Bundle& bundle, const TrustedRoot* root,
                                                   const BundleOptions& options);

}  // namespace sluice::attest

#include "attest/verify_bundle.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "attest/bundle.h"
#include "attest/certificate_chain.h"
#include "attest/predicate_shape.h"
#include "attest/timestamp.h"
#include "attest/tlog.h"
#include "attest/trusted_root.h"

namespace sluice::attest {
namespace {

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message, std::string hint = {}) {
  return fail(ErrorKind::crypto, std::move(code), std::move(message), std::move(hint));
}

// Names as in Fulcio's oid-info.md, extensions .9 to .23.
constexpr int k_first_claim = 9;
constexpr std::array<const char*, 15> k_claims{"buildSignerURI",
                                               "buildSignerDigest",
                                               "runnerEnvironment",
                                               "sourceRepositoryURI",
                                               "sourceRepositoryDigest",
                                               "sourceRepositoryRef",
                                               "sourceRepositoryIdentifier",
                                               "sourceRepositoryOwnerURI",
                                               "sourceRepositoryOwnerIdentifier",
                                               "buildConfigURI",
                                               "buildConfigDigest",
                                               "buildTrigger",
                                               "runInvocationURI",
                                               "sourceRepositoryVisibility",
                                               "deploymentEnvironment"};

// Who signed, as the bundle says and before anything is verified.
struct BundleSigner {
  std::vector<Certificate> certificates;  // leaf first; empty with a key
  PublicKey key;                          // the given key, or the leaf's

  [[nodiscard]] bool by_certificate() const { return !certificates.empty(); }
  [[nodiscard]] SignerMaterial material() const {
    return by_certificate() ? SignerMaterial{&certificates.front(), nullptr} : SignerMaterial{nullptr, &key};
  }
};

[[nodiscard]] Status check_options(const BundleOptions& options, bool has_root) {
  const auto wrong = [](std::string message) {
    return fail(ErrorKind::usage, "attest.no-expectation", std::move(message));
  };
  if (options.artifact.has_value() == options.artifact_digest.has_value()) {
    return wrong("give the artifact, or its digest");
  }
  const bool identity = !options.certificate_identity.empty() || !options.certificate_issuer.empty();
  if (options.key_pem && identity) return wrong("give a key or an identity, not both");
  for (const auto& [name, value] : options.certificate_claims) {
    const bool known = std::find(k_claims.begin(), k_claims.end(), name) != k_claims.end();
    if (known && !value.empty() && !options.key_pem) continue;
    return fail(ErrorKind::usage, "attest.policy-option",
                known ? "the demand on " + name + " is empty, or made of a key"
                      : "there is no claim \"" + name + "\"",
                "claims are what a certificate says of a build: sourceRepositoryURI, sourceRepositoryRef, …");
  }
  if (!options.key_pem && options.certificate_identity.empty())
    return wrong("no expected identity was given");
  if (!options.key_pem && options.certificate_issuer.empty()) return wrong("no expected issuer was given");
  if (!options.key_pem && !has_root) return wrong("no trusted root was given");
  return {};
}

[[nodiscard]] Result<BundleSigner> read_signer(const Bundle& bundle, const BundleOptions& options) {
  BundleSigner out;
  if (options.key_pem) {
    if (!bundle.has_public_key)
      return refuse("attest.material", "the bundle is signed with a certificate, not with a key");
    out.key = SLUICE_TRY(PublicKey::from_pem(*options.key_pem));
    return out;
  }
  if (bundle.has_public_key) {
    return refuse("attest.material", "the bundle is signed with a key, not with a certificate",
                  "give the key");
  }
  for (const Bytes& der : bundle.certificates) {
    Certificate certificate = SLUICE_TRY(Certificate::from_der(der));
    if (certificate.self_issued()) {
      return refuse("attest.root-in-chain",
                    "the bundle brings a root certificate along; roots come from the trusted root");
    }
    out.certificates.push_back(std::move(certificate));
  }
  out.key = SLUICE_TRY(out.certificates.front().public_key());
  return out;
}

// RFC 3161 tokens. A trusted root without timestamp authorities says that they are not used: then tokens
// prove nothing.
[[nodiscard]] Status verify_timestamps(const Bundle& bundle, const TrustedRoot& root, VerifiedBundle& out) {
  if (root.timestamp_authorities.empty()) return {};
  if (std::set<BytesView>(bundle.timestamps.begin(), bundle.timestamps.end()).size() !=
      bundle.timestamps.size()) {
    return refuse("attest.timestamp-duplicate", "the bundle has one timestamp twice");
  }
  for (const Bytes& token : bundle.timestamps) {
    const VerifiedTimestamp verified =
        SLUICE_TRY(verify_timestamp(token, bundle.signature(), root.timestamp_authorities));
    out.times.push_back(verified.time);
  }
  return {};
}

[[nodiscard]] bool knows_log(const std::vector<TrustedLog>& logs, const TlogEntry& entry) {
  return std::any_of(logs.begin(), logs.end(),
                     [&](const TrustedLog& log) { return log.log_id == entry.log_id; });
}

[[nodiscard]] Status verify_tlog(const Bundle& bundle, const TrustedRoot& root, const BundleSigner& signer,
                                 const Artifact& artifact, VerifiedBundle& out) {
  if (root.tlogs.empty()) return {};
  std::vector<const TrustedLog*> timeless;
  std::set<std::pair<BytesView, std::uint64_t>> seen;
  for (const TlogEntry& entry : bundle.tlog_entries) {
    if (!seen.emplace(entry.log_id, entry.log_index).second) {
      return refuse("attest.tlog-duplicate", "the bundle has one transparency log entry twice");
    }
    // An entry in a log that we do not know proves nothing, and takes nothing away from one that we do know.
    if (!knows_log(root.tlogs, entry)) continue;
    const VerifiedEntry verified = SLUICE_TRY(verify_tlog_entry(entry, root.tlogs));
    SLUICE_CHECK(check_tlog_body(entry, bundle, signer.material(), artifact));
    if (verified.time) {
      out.times.push_back(*verified.time);
    } else {
      timeless.push_back(verified.log);
    }
    out.log_indices.push_back(entry.log_index);
  }
  if (out.log_indices.empty()) {
    return refuse("attest.tlog-missing", "the bundle has no entry in a transparency log of the trusted root");
  }
  // A log that states no time of its own is judged at the times that others have verified.
  for (const TrustedLog* log : timeless) {
    for (const Moment time : out.times) {
      if (log->valid && !log->valid->contains(time)) {
        return refuse("attest.log-time", "the log " + log->host + " was not valid at " + format_moment(time));
      }
    }
  }
  return {};
}

// The path at one moment, through any authority that was valid then.
[[nodiscard]] Result<std::vector<Certificate>> chain_at(const BundleSigner& signer, const TrustedRoot& root,
                                                        Moment time) {
  const std::vector<Certificate> intermediates(signer.certificates.begin() + 1, signer.certificates.end());
  std::optional<Error> problem;
  for (const TrustedAuthority& authority : root.certificate_authorities) {
    auto chain = verify_chain(signer.certificates.front(), intermediates, authority, time);
    if (chain && authority.valid.contains(time)) return chain;
    if (chain) {
      problem = refuse("attest.certificate-chain", "the certificate's authority was not valid at " +
                                                       format_moment(time) + " by the trusted root")
                    .value();
    } else if (!problem) {
      problem = std::move(chain).error();
    }
  }
  if (problem) return fail(std::move(*problem));
  return refuse("attest.certificate-chain", "there is no certificate authority in the trusted root");
}

[[nodiscard]] Status verify_certificate(const BundleSigner& signer, const TrustedRoot& root,
                                        const std::vector<Moment>& times) {
  if (times.empty()) {
    return refuse("attest.no-time",
                  "nothing proves when the signature was made, so its certificate cannot be judged");
  }
  for (const Moment time : times) {
    const std::vector<Certificate> chain = SLUICE_TRY(chain_at(signer, root, time));
    if (!root.ctlogs.empty()) SLUICE_CHECK(verify_sct(chain[0], chain[1], root.ctlogs));
  }
  return {};
}

[[nodiscard]] Status check_identity(const Certificate& leaf, const BundleOptions& options,
                                    VerifiedBundle& out) {
  const std::vector<std::string> identities = leaf.identities();
  if (std::find(identities.begin(), identities.end(), options.certificate_identity) == identities.end()) {
    return refuse("attest.identity", "the certificate is for " +
                                         (identities.empty() ? "nobody" : identities.front()) + ", not for " +
                                         options.certificate_identity);
  }
  constexpr int k_issuer = 8;
  constexpr int k_old_issuer = 1;
  const auto issuer = SLUICE_TRY(leaf.fulcio_extension(k_issuer));
  const auto old_issuer = SLUICE_TRY(leaf.fulcio_extension(k_old_issuer));
  if (issuer && old_issuer && *issuer != *old_issuer) {
    return refuse("attest.issuer", "the certificate names two different issuers");
  }
  const std::string found = issuer.value_or(old_issuer.value_or(""));
  if (found != options.certificate_issuer) {
    return refuse("attest.issuer",
                  "the certificate's issuer is \"" + found + "\", not " + options.certificate_issuer);
  }
  out.identity = options.certificate_identity;
  out.issuer = found;
  return {};
}

[[nodiscard]] Status read_claims(const Certificate& leaf, VerifiedBundle& out) {
  for (std::size_t i = 0; i < k_claims.size(); ++i) {
    auto value = SLUICE_TRY(leaf.fulcio_extension(k_first_claim + static_cast<int>(i)));
    if (value) out.claims.emplace(k_claims.at(i), std::move(*value));
  }
  return {};
}

[[nodiscard]] Status check_claims(const BundleOptions& options, const VerifiedBundle& out) {
  for (const auto& [name, expected] : options.certificate_claims) {
    const auto found = out.claims.find(name);
    if (found != out.claims.end() && found->second == expected) continue;
    return refuse("attest.claim", "the certificate's " + name + " is " +
                                      (found == out.claims.end() ? "missing" : "\"" + found->second + "\"") +
                                      ", not \"" + expected + "\"");
  }
  return {};
}

[[nodiscard]] Status verify_message(const MessageSignature& message, const PublicKey& key,
                                    const Artifact& artifact) {
  if (!message.digest.empty()) {
    const Bytes expected = SLUICE_TRY(artifact.digest(message.digest_algorithm));
    if (expected != message.digest) {
      return refuse("attest.message-digest",
                    "the bundle is about another artifact: its digest is not this one's");
    }
  }
  if (artifact.bytes()) return key.verify(*artifact.bytes(), message.signature);
  return key.verify_sha256(artifact.sha256(), message.signature);
}

[[nodiscard]] Status verify_envelope(const Envelope& envelope, const PublicKey& key, const Artifact& artifact,
                                     const BundleOptions& options, VerifiedBundle& out) {
  SLUICE_CHECK(key.verify(pae(envelope.payload_type, envelope.payload), envelope.signatures.front().sig));
  if (!is_in_toto_payload_type(envelope.payload_type)) {
    return refuse("attest.payload-type",
                  "the payload type \"" + envelope.payload_type + "\" is not that of an in-toto statement");
  }
  Statement statement = SLUICE_TRY(parse_statement(envelope.payload));
  const std::vector<std::string>& types = options.predicate_types;
  if (!types.empty() && std::find(types.begin(), types.end(), statement.predicate_type) == types.end()) {
    return refuse("attest.predicate-type",
                  "the predicate type " + statement.predicate_type + " is not what was asked for");
  }
  // Who asks for a type relies on what it promises; a caller that takes any type gets it as it is.
  if (!types.empty()) SLUICE_CHECK(check_predicate(statement.predicate_type, statement.predicate));
  const DigestSet digests = SLUICE_TRY(artifact.digest_set());
  SLUICE_TRY(match_subjects(statement.subjects, digests));
  out.payload_type = envelope.payload_type;
  out.payload = envelope.payload;
  out.statement = std::move(statement);
  return {};
}

}  // namespace

Result<VerifiedBundle> verify_bundle(const BundleOptions& options) {
  SLUICE_CHECK(check_options(options, !options.trusted_root.empty()));
  const Bundle bundle = SLUICE_TRY(parse_bundle(options.bundle));
  if (options.trusted_root.empty()) return verify_bundle(bundle, nullptr, options);
  const TrustedRoot root = SLUICE_TRY(parse_trusted_root(options.trusted_root));
  return verify_bundle(bundle, &root, options);
}

Result<VerifiedBundle> verify_bundle(const Bundle& bundle, const TrustedRoot* given_root,
                                     const BundleOptions& options) {
  SLUICE_CHECK(check_options(options, given_root != nullptr));
  const TrustedRoot nothing;
  const TrustedRoot& root = given_root != nullptr ? *given_root : nothing;
  const BundleSigner signer = SLUICE_TRY(read_signer(bundle, options));
  const Artifact artifact = options.artifact ? Artifact::of_bytes(*options.artifact)
                                             : Artifact::of_digest(*options.artifact_digest);

  VerifiedBundle out;
  SLUICE_CHECK(verify_timestamps(bundle, root, out));
  SLUICE_CHECK(verify_tlog(bundle, root, signer, artifact, out));
  std::sort(out.times.begin(), out.times.end());
  if (signer.by_certificate()) {
    SLUICE_CHECK(verify_certificate(signer, root, out.times));
    SLUICE_CHECK(check_identity(signer.certificates.front(), options, out));
    SLUICE_CHECK(read_claims(signer.certificates.front(), out));
    SLUICE_CHECK(check_claims(options, out));
  } else {
    out.key_id = signer.key.id();
  }
  if (const MessageSignature* message = bundle.message()) {
    SLUICE_CHECK(verify_message(*message, signer.key, artifact));
  } else {
    SLUICE_CHECK(verify_envelope(*bundle.envelope(), signer.key, artifact, options, out));
  }
  return out;
}

}  // namespace sluice::attest

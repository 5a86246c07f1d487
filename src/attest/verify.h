// Verifying one piece of our evidence: a bundle (or a bare DSSE envelope) signed by a key of the keyring.
//
// The bytes verified are the bytes handed on: the statement is parsed out of exactly the buffer whose PAE was
// checked.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "attest/digest_set.h"
#include "attest/keyring.h"
#include "attest/moment.h"
#include "attest/statement.h"
#include "attest/trusted_root.h"
#include "base/bytes.h"
#include "base/result.h"
#include "sluice/facts.h"

namespace sluice::attest {

struct Expectations {
  DigestSet subject;                         // required: the artifact; see match_subjects
  std::vector<std::string> predicate_types;  // accepted ones; required
  std::string role;                          // the key must have it; empty = any key of the keyring
  std::chrono::sys_seconds now{};            // when the keys must be valid, unless a timestamp says when
  // The oldest evidence that counts. Age is counted from a verified timestamp if there is one, else from the
  // time that the statement states; a statement that states none is refused.
  std::optional<std::chrono::seconds> max_age;
  // Timestamp authorities that are believed. With one, a bundle's timestamps are verified, and keys are
  // judged at these times too. Null: timestamps prove nothing.
  const TrustedRoot* trusted_root = nullptr;
  // Of verification summaries: the resource and the verifier that they must be of, exactly, and whether only
  // ones that passed count. Empty: any. A summary for one repository is else good for the same digest in
  // every other.
  std::string resource_uri;
  std::string verifier_id;
  bool passed_only = false;
};

// What is known of a piece of evidence, and from where.
struct VerifiedStatement {
  Bytes payload;  // exactly what was signed
  Statement statement;
  std::vector<std::size_t> matched;   // indices of the subjects that are the artifact
  SignatureFact signature;            // who: the key, its name and roles in the keyring
  std::vector<Moment> times;          // when, by verified timestamps; sorted, may be empty
  std::chrono::sys_seconds stated{};  // when, by the statement's own word; 0: it says nothing
  // SLSA Build level by the keyring's table; 0 for what is no provenance or not of a builder of that key.
  int level = 0;
  // Names in externalParameters that the build type does not define; nullopt: not provenance, or of a build
  // type that is not known.
  std::optional<std::vector<std::string>> unknown_parameters;
};

// `bundle` may also be a bare DSSE envelope, as older tools store it; of its signatures one suffices.
//
// Codes, besides those of parse_bundle, parse_statement, check_predicate, match_subjects, verify_timestamp
// and check_usable:
//   attest.key-unknown           no key of the keyring made this signature
//   attest.signature             the key that keyid or hint names is in the keyring, but its signature does
//   not hold attest.keyid-hint-mismatch   the key that verified is another one than keyid or hint says
//   attest.material              the bundle is signed with a certificate, not with a key
//   attest.not-a-statement       a bare message signature: says nothing about a subject
//   attest.payload-type          the payload is no in-toto statement by its type
//   attest.predicate-type        not among the accepted ones
//   attest.role                  the key does not have the role
//   attest.no-expectation        an expectation is empty: that would accept anything
//   attest.too-old               older than max_age, or it does not say how old it is
//   attest.resource-uri, attest.verifier-id, attest.verdict-failed   a summary of another resource or
//   verifier, or
//                                one that did not pass; or no summary where these are demanded
//   attest.time-future           its time has not come yet: a wrong clock, or a lie
[[nodiscard]] Result<VerifiedStatement> verify_statement(BytesView bundle, const Keyring& keyring,
                                                         const Expectations& expected);

// m of n: bundles over byte-identical statements, signed by at least `needed` different keys of the keyring.
// Bundles that do not verify, or that sign other bytes, count for nothing; a key counts once. The result is
// the first statement that has enough. Codes: attest.threshold (with what each bundle lacks),
// attest.no-expectation (needed is 0), attest.limit.
inline constexpr std::size_t k_max_threshold_bundles = 256;
struct ThresholdResult {
  VerifiedStatement statement;         // by the first of the signers
  std::vector<SignatureFact> signers;  // all of them, in the order of the bundles
};
[[nodiscard]] Result<ThresholdResult> verify_threshold(const std::vector<Bytes>& bundles,
                                                       const Keyring& keyring, const Expectations& expected,
                                                       std::size_t needed);

// Replay: provenance of an older build for the same repository and ref than another verified one. `others`
// may hold the statement itself. Codes: attest.not-newest, attest.no-time (without times there is no order).
[[nodiscard]] Status check_newest(const VerifiedStatement& statement,
                                  const std::vector<VerifiedStatement>& others);

// Evidence as policy sees it. A signature that does not hold is a fact (`signature.verified` false, with the
// problem and its code), since policy must name it; only what cannot be read at all is an error.
[[nodiscard]] Result<EvidenceFact> examine_evidence(BytesView bundle, const Keyring& keyring,
                                                    std::chrono::sys_seconds now);

}  // namespace sluice::attest

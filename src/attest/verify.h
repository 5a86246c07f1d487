// Verifying one piece of our evidence: a bundle (or a bare DSSE envelope) signed by a key of the keyring.
//
// The bytes verified are the bytes handed on: the statement is parsed out of exactly the buffer whose PAE was
// checked.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "attest/digest_set.h"
#include "attest/keyring.h"
#include "attest/statement.h"
#include "base/bytes.h"
#include "base/result.h"
#include "sluice/facts.h"

namespace sluice::attest {

struct Expectations {
  DigestSet subject;                         // required: the artifact; see match_subjects
  std::vector<std::string> predicate_types;  // accepted ones; required
  std::string role;                          // the key must have it; empty = any key of the keyring
  std::chrono::sys_seconds now{};            // when the keys must be valid
};

struct VerifiedStatement {
  Bytes payload;  // exactly what was signed
  Statement statement;
  std::vector<std::size_t> matched;  // indices of the subjects that are the artifact
  SignatureFact signature;
};

// Codes, besides those of parse_bundle, parse_statement, match_subjects and check_usable:
//   attest.key-unknown           no key of the keyring made this signature
//   attest.signature             the key named by keyid and hint is in the keyring, but its signature does
//   not hold attest.keyid-hint-mismatch   the key that verified is another one than keyid or hint says
//   attest.material              the bundle is signed with a certificate, not with a key
//   attest.not-a-statement       a bare message signature: says nothing about a subject
//   attest.payload-type          the payload is no in-toto statement by its type
//   attest.predicate-type        not among the accepted ones
//   attest.role                  the key does not have the role
//   attest.no-expectation        an expectation is empty: that would accept anything
[[nodiscard]] Result<VerifiedStatement> verify_statement(BytesView bundle, const Keyring& keyring,
                                                         const Expectations& expected);

// Evidence as policy sees it. A signature that does not hold is a fact (`signature.verified` false, with the
// problem and its code), since policy must name it; only what cannot be read at all is an error.
[[nodiscard]] Result<EvidenceFact> examine_evidence(BytesView bundle, const Keyring& keyring,
                                                    std::chrono::sys_seconds now);

}  // namespace sluice::attest

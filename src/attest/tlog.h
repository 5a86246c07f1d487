// Entries of Rekor, v1 and v2: that the log made a promise or a proof for exactly these bytes, and that these
// bytes are about exactly this signature, by exactly this key or certificate, over exactly this content.
#pragma once

#include <optional>

#include "attest/artifact.h"
#include "attest/bundle.h"
#include "attest/certificate.h"
#include "attest/moment.h"
#include "attest/trusted_root.h"
#include "base/result.h"

namespace sluice::attest {

// The signer as the entry must name it: one of the two.
struct SignerMaterial {
  const Certificate* certificate = nullptr;
  const PublicKey* key = nullptr;
};

// The entry's body speaks of this bundle's signature, signer and content (CVE-2022-36056 and CVE-2026-22703
// were omissions here). Known: hashedrekord 0.0.1 and 0.0.2, dsse 0.0.1 and 0.0.2, intoto 0.0.2. Codes:
// attest.tlog-kind, attest.tlog-body (malformed), attest.tlog-signature, attest.tlog-signer,
// attest.tlog-content, attest.needs-message.
[[nodiscard]] Status check_tlog_body(const TlogEntry& entry, const Bundle& bundle,
                                     const SignerMaterial& signer, const Artifact& artifact);

struct VerifiedEntry {
  std::optional<Moment> time;  // when the log integrated it; only if its promise says so and holds
  const TrustedLog* log = nullptr;
};

// The log's promise and proof hold, as far as they are there; at least one is. Logs are chosen by the entry's
// log id. A Rekor v1 log is believed only inside of its validity. (A v2 log states no time: see
// check_log_time.) Codes: attest.tlog-unknown-log, attest.tlog-time, attest.tlog-promise,
// attest.tlog-no-proof, attest.tlog-index, attest.checkpoint-origin, attest.checkpoint-root, and those of
// parse_checkpoint, verify_checkpoint and verify_inclusion.
[[nodiscard]] Result<VerifiedEntry> verify_tlog_entry(const TlogEntry& entry,
                                                      const std::vector<TrustedLog>& logs);

// True for the entries of Rekor v2, which has no promise and no time of its own.
[[nodiscard]] bool is_rekor_v2(const TlogEntry& entry);

}  // namespace sluice::attest

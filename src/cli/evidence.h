// Signing, storing and reading back evidence: what gate and verify share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attest/bundle.h"
#include "attest/keyring.h"
#include "cli/config.h"
#include "sluice/facts.h"
#include "sluice/subject.h"
#include "store/store.h"

namespace sluice::cli {

// What evidence about a subject is filed under.
[[nodiscard]] store::SubjectRef subject_ref(const Subject& subject, std::string_view media_type = {},
                                            std::uint64_t size = 0);

// Makes the statement, signs it, stores it; returns the evidence's digest.
[[nodiscard]] Result<Digest> sign_and_store(store::EvidenceStore& store,
                                            const attest::SigningOptions& signing, const Subject& subject,
                                            const store::SubjectRef& ref, std::string_view predicate_type,
                                            json::Object predicate, std::chrono::sys_seconds now);

// All evidence about the subjects, each with the outcome of checking its signature; what cannot be read is
// listed. Builder and level of each signature come from the configured keys.
[[nodiscard]] Result<Facts> read_facts(const store::EvidenceStore& store, const attest::Keyring& keyring,
                                       const Config& config, std::vector<Subject> subjects,
                                       std::chrono::sys_seconds now);

}  // namespace sluice::cli

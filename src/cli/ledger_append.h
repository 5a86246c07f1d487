// Every piece of evidence that is signed gets an entry in the key's ledger: shared by `gate`, `attest` and
// `run`.
#pragma once

#include <string>
#include <vector>

#include "attest/keys.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace sluice::cli {

// The entry for a bundle (docs/formats/ledger.md).
[[nodiscard]] Bytes ledger_entry(const Digest& bundle, std::string_view predicate_type,
                                 std::string_view subject_key);

// Where a key's ledger stands when nobody says otherwise, and what it is called.
[[nodiscard]] std::string default_ledger_folder(const std::string& evidence_folder,
                                                const attest::PublicKey& key);
[[nodiscard]] std::string default_ledger_origin(const attest::PublicKey& key);

// Appends all entries in one batch; the ledger is made if it is not there, as `new_origin`. The number of the
// first. Codes: those of Ledger::open and append: a ledger that was tampered with takes no more.
[[nodiscard]] Result<std::uint64_t> append_to_ledger(const std::string& folder, const std::string& new_origin,
                                                     const attest::Signer& signer,
                                                     const std::vector<Bytes>& entries);

}  // namespace sluice::cli

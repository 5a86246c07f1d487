// The ledger: a tamper-evident log of everything that was signed, as static files in a folder (C2SP
// tlog-tiles with a C2SP checkpoint). Any web server can serve it, and it can be copied to a bucket of a
// larger log.
//
// What it proves: whoever has kept one checkpoint can show that no entry before it was changed or taken away
// since. What it does not: that two readers see the same log; for that, give checkpoints to others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/checkpoint.h"
#include "attest/keys.h"
#include "attest/tiles.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"

namespace sluice::attest {

struct LedgerProof {
  std::uint64_t index = 0;
  std::vector<Bytes> path;
  std::string checkpoint;  // signed note
};

class Ledger {
 public:
  // Opens the folder, makes it if it is not there, and reads its checkpoint, which must be of this origin and
  // by this key. `origin` is a name without spaces and plus signs, e.g. "example.com/pipeline". Codes:
  // attest.ledger-origin, attest.ledger-root (the files do not lead to the checkpoint's root), and those of
  // parse_checkpoint and verify_checkpoint.
  [[nodiscard]] static Result<Ledger> open(const std::string& folder, const std::string& origin,
                                           const PublicKey& key);

  [[nodiscard]] std::uint64_t size() const { return tiles_.size(); }
  [[nodiscard]] const std::string& checkpoint() const { return checkpoint_; }  // empty for an empty ledger

  // Appends all entries or none, and signs the new checkpoint. Other processes wait for each other (a lock
  // file); what they appended since `open` stays. Index of the first entry.
  [[nodiscard]] Result<std::uint64_t> append(const std::vector<Bytes>& entries, const Signer& key);

  [[nodiscard]] Result<Bytes> entry(std::uint64_t index);
  [[nodiscard]] Result<LedgerProof> prove(std::uint64_t index);

  // Everything: each tile follows from the entries, the root is the checkpoint's, and every older checkpoint
  // that is given is of this ledger's past. Codes: attest.ledger-tile, attest.ledger-entries,
  // attest.ledger-root, attest.ledger-rewritten.
  [[nodiscard]] Status verify(const std::vector<std::string>& older_checkpoints = {});

 private:
  Ledger(std::string folder, std::string origin, PublicKey key)
      : folder_(std::move(folder)), origin_(std::move(origin)), key_(std::move(key)), tiles_(folder_, 0) {}
  [[nodiscard]] Status reload();
  [[nodiscard]] Result<Checkpoint> read_note(std::string_view note) const;

  std::string folder_;
  std::string origin_;
  PublicKey key_;
  Tiles tiles_;
  std::string checkpoint_;
};

// The entry is in the ledger with that origin and key, by a proof that may come from anywhere.
// Codes: those of parse_checkpoint, verify_checkpoint and verify_inclusion; attest.ledger-origin.
[[nodiscard]] Status verify_ledger_proof(const LedgerProof& proof, BytesView entry, std::string_view origin,
                                         const PublicKey& key);

// The proof as a C2SP tlog-proof text, and back. Code: attest.ledger-proof.
[[nodiscard]] std::string write_ledger_proof(const LedgerProof& proof);
[[nodiscard]] Result<LedgerProof> parse_ledger_proof(std::string_view text);

}  // namespace sluice::attest

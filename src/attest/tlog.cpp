#include "attest/tlog.h"

#include "attest/checkpoint.h"
#include "attest/merkle.h"

namespace sluice::attest {
namespace {

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the transparency log entry: " + message);
}

// What Rekor v1 signs as its promise: canonical JSON, whose members and order are fixed, so a template is
// enough.
[[nodiscard]] Bytes promise_message(const TlogEntry& entry) {
  return R"({"body":")" + to_base64(entry.body) + R"(","integratedTime":)" +
         std::to_string(entry.integrated_time) + R"(,"logID":")" + to_hex(entry.log_id) + R"(","logIndex":)" +
         std::to_string(entry.log_index) + "}";
}

[[nodiscard]] Status check_promise(const TlogEntry& entry, BytesView promise, const PublicKey& key) {
  if (entry.integrated_time <= 0) return refuse("attest.tlog-promise", "a promise without a time");
  if (!key.verify(promise_message(entry), promise)) {
    return refuse("attest.tlog-promise", "the log's promise (signed entry timestamp) does not hold");
  }
  return {};
}

// The name that must stand on the log's signature line. Rekor v1 writes "<name> - <tree id>" as the origin
// and signs as <name>; v2 signs with the origin itself, which is the log's host.
[[nodiscard]] Result<std::string> signer_name(const TlogEntry& entry, const TrustedLog& log,
                                              const Checkpoint& note) {
  if (is_rekor_v2(entry)) {
    if (note.origin == log.host) return note.origin;
    return refuse("attest.checkpoint-origin",
                  "its checkpoint is of \"" + note.origin + "\", not of " + log.host);
  }
  return note.origin.substr(0, note.origin.find(" - "));
}

[[nodiscard]] Status check_proof(const TlogEntry& entry, const InclusionProof& proof, const TrustedLog& log,
                                 const PublicKey& key) {
  SLUICE_CHECK(verify_inclusion(proof.log_index, proof.tree_size, merkle_leaf_hash(entry.body), proof.hashes,
                                proof.root_hash));
  // Version 0.1 may lack the checkpoint; then the promise is what counts (parse_bundle has seen to it).
  if (proof.checkpoint.empty()) return {};
  const Checkpoint note = SLUICE_TRY(parse_checkpoint(proof.checkpoint));
  const std::string name = SLUICE_TRY(signer_name(entry, log, note));
  SLUICE_CHECK(verify_checkpoint(note, name, log.checkpoint_key_id, key));
  if (note.size != proof.tree_size || note.root != proof.root_hash) {
    return refuse("attest.checkpoint-root",
                  "its proof leads to another root than the one that the log signed");
  }
  return {};
}

[[nodiscard]] Result<VerifiedEntry> verify_with(const TlogEntry& entry, const TrustedLog& log) {
  if (!log.key) return refuse("attest.tlog-unknown-log", "the algorithm of the log's key is not supported");
  VerifiedEntry out;
  out.log = &log;
  const bool proven = entry.proof && !entry.proof->checkpoint.empty();
  if (!proven && (!entry.promise || is_rekor_v2(entry))) {
    return refuse("attest.tlog-no-proof", "there is no proof that the log has it");
  }
  // Shards of Rekor v2 are independent: their index is the tree's.
  if (is_rekor_v2(entry) && (!entry.proof || entry.log_index != entry.proof->log_index)) {
    return refuse("attest.tlog-index", "it and its proof name two different places in the log");
  }
  if (entry.promise) {
    SLUICE_CHECK(check_promise(entry, *entry.promise, *log.key));
    const Moment time{std::chrono::seconds(entry.integrated_time)};
    if (log.valid && !log.valid->contains(time)) {
      return refuse("attest.tlog-time",
                    "its time " + format_moment(time) + " is outside of the log's validity");
    }
    out.time = time;
  }
  if (entry.proof) SLUICE_CHECK(check_proof(entry, *entry.proof, log, *log.key));
  return out;
}

}  // namespace

bool is_rekor_v2(const TlogEntry& entry) {
  return entry.version == "0.0.2" && (entry.kind == "hashedrekord" || entry.kind == "dsse");
}

Result<VerifiedEntry> verify_tlog_entry(const TlogEntry& entry, const std::vector<TrustedLog>& logs) {
  std::optional<Error> problem;
  // Several keys may share an id (shards with their own validity): one that verifies is enough.
  for (const TrustedLog& log : logs) {
    if (log.log_id != entry.log_id) continue;
    auto verified = verify_with(entry, log);
    if (verified) return verified;
    if (!problem) problem = std::move(verified).error();
  }
  if (problem) return fail(std::move(*problem));
  return refuse("attest.tlog-unknown-log", "it is of a log that the trusted root does not have");
}

}  // namespace sluice::attest

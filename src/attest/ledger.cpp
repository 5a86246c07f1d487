#include "attest/ledger.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <charconv>

#include "attest/merkle.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_proof_head = "c2sp.org/tlog-proof@v1";
constexpr std::size_t k_max_path = 63;
constexpr std::size_t k_hash_bytes = 32;

[[nodiscard]] tl::unexpected<Error> broken(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the ledger: " + message);
}

// Held until the descriptor closes. Readers need no lock: they follow a checkpoint, whose files never change.
[[nodiscard]] Result<Fd> lock(const std::string& folder) {
  const std::string path = folder + "/.lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd.valid()) return fail_errno("attest.ledger-lock", "cannot open " + path, errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno("attest.ledger-lock", "cannot lock " + path, errno);
  }
  return fd;
}

[[nodiscard]] Status check_origin(std::string_view origin) {
  const bool plain =
      !origin.empty() && is_utf8(origin) && origin.find_first_of(" \t\r\n+") == std::string_view::npos;
  if (plain) return {};
  return fail(ErrorKind::config, "attest.ledger-origin",
              "\"" + std::string(origin) + "\" is no name for a ledger",
              "use a name without spaces and plus signs, e.g. example.com/pipeline");
}

[[nodiscard]] Result<Checkpoint> read_note_of(std::string_view note, std::string_view origin,
                                              const PublicKey& key) {
  Checkpoint out = SLUICE_TRY(parse_checkpoint(note));
  if (out.origin != origin)
    return broken("attest.ledger-origin", "the checkpoint is of \"" + out.origin + "\"");
  SLUICE_CHECK(verify_checkpoint(out, origin, note_key_id(origin, key), key));
  return out;
}

}  // namespace

Result<Checkpoint> Ledger::read_note(std::string_view note) const {
  return read_note_of(note, origin_, key_);
}

Status Ledger::reload() {
  const std::string path = folder_ + "/checkpoint";
  tiles_ = Tiles(folder_, 0);
  checkpoint_.clear();
  if (!path_exists(path)) return {};
  checkpoint_ = SLUICE_TRY(read_file(path, k_max_note_bytes));
  const Checkpoint note = SLUICE_TRY(read_note(checkpoint_));
  tiles_ = Tiles(folder_, note.size);
  const Bytes root = SLUICE_TRY(tiles_.root(note.size));
  if (root != note.root)
    return broken("attest.ledger-root", "its files do not lead to the root of its checkpoint");
  return {};
}

Result<Ledger> Ledger::open(const std::string& folder, const std::string& origin, const PublicKey& key) {
  SLUICE_CHECK(check_origin(origin));
  SLUICE_CHECK(make_directories(folder));
  Ledger out(folder, origin, key);
  SLUICE_CHECK(out.reload());
  return out;
}

Result<std::uint64_t> Ledger::append(const std::vector<Bytes>& entries, const Signer& key) {
  if (!(key.public_key() == key_)) {
    return fail(ErrorKind::usage, "attest.ledger-key", "this is not the key of the ledger");
  }
  const Fd held = SLUICE_TRY(lock(folder_));
  SLUICE_CHECK(reload());
  const std::uint64_t first = tiles_.size();
  if (entries.empty()) return first;
  SLUICE_CHECK(tiles_.append(entries));
  const Bytes root = SLUICE_TRY(tiles_.root(tiles_.size()));
  std::string note = SLUICE_TRY(write_checkpoint(origin_, tiles_.size(), root, key));
  // Last of all: until here, a reader and a crash see the old tree.
  SLUICE_CHECK(write_file_atomic(folder_ + "/checkpoint", note));
  checkpoint_ = std::move(note);
  return first;
}

Result<Bytes> Ledger::entry(std::uint64_t index) {
  if (index >= size()) return fail(ErrorKind::usage, "attest.ledger-size", "the ledger is not that long");
  std::vector<Bytes> bundle = SLUICE_TRY(tiles_.entries(index / k_tile_width));
  return std::move(bundle[index % k_tile_width]);
}

Result<LedgerProof> Ledger::prove(std::uint64_t index) {
  LedgerProof out{index, SLUICE_TRY(tiles_.inclusion_proof(index, size())), checkpoint_};
  return out;
}

Status Ledger::verify(const std::vector<std::string>& older_checkpoints) {
  SLUICE_CHECK(reload());
  SLUICE_CHECK(tiles_.check());
  for (const std::string& text : older_checkpoints) {
    const Checkpoint older = SLUICE_TRY(read_note(text));
    if (older.size > size()) {
      return broken("attest.ledger-rewritten", "it has had " + std::to_string(older.size) +
                                                   " entries and now has " + std::to_string(size()));
    }
    const Bytes root = SLUICE_TRY(tiles_.root(older.size));
    if (root != older.root) {
      return broken("attest.ledger-rewritten", "its first " + std::to_string(older.size) +
                                                   " entries are not those of the older checkpoint");
    }
  }
  return {};
}

Status verify_ledger_proof(const LedgerProof& proof, BytesView entry, std::string_view origin,
                           const PublicKey& key) {
  const Checkpoint note = SLUICE_TRY(read_note_of(proof.checkpoint, origin, key));
  return verify_inclusion(proof.index, note.size, merkle_leaf_hash(entry), proof.path, note.root);
}

std::string write_ledger_proof(const LedgerProof& proof) {
  std::string out = std::string(k_proof_head) + "\nindex " + std::to_string(proof.index) + "\n";
  for (const Bytes& hash : proof.path) out += to_base64(hash) + "\n";
  return out + "\n" + proof.checkpoint;
}

Result<LedgerProof> parse_ledger_proof(std::string_view text) {
  const auto bad = [](std::string message) {
    return fail(ErrorKind::invalid, "attest.ledger-proof", "the proof is malformed: " + message);
  };
  const auto split = text.find("\n\n");
  if (split == std::string_view::npos) return bad("there is no checkpoint");
  LedgerProof out;
  out.checkpoint = text.substr(split + 2);
  std::string_view rest = text.substr(0, split + 1);
  const auto next = [&rest] {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
  };
  if (next() != k_proof_head) return bad("its first line is not " + std::string(k_proof_head));
  std::string_view line = next();
  // Data for other applications, which nobody signed.
  if (line.starts_with("extra ")) line = next();
  constexpr std::string_view k_index = "index ";
  if (!line.starts_with(k_index)) return bad("there is no index");
  const std::string_view digits = line.substr(k_index.size());
  const auto [at, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out.index);
  if (problem != std::errc() || at != digits.data() + digits.size() || std::to_string(out.index) != digits) {
    return bad("the index is no plain decimal number");
  }
  while (!rest.empty()) {
    const auto hash = from_base64(next());
    if (!hash || hash->size() != k_hash_bytes || out.path.size() == k_max_path) {
      return bad("a hash is not 32 bytes in base64");
    }
    out.path.push_back(*hash);
  }
  return out;
}

}  // namespace sluice::attest

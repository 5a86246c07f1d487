// sluice log verify | show | prove | checkpoint: the ledger of everything that was signed.
#include <fcntl.h>

#include "attest/ledger.h"
#include "attest/merkle.h"
#include "base/bytes.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

constexpr std::uint64_t k_max_key_file = 64u << 10;
constexpr std::uint64_t k_max_proof_file = 1u << 20;
constexpr std::string_view k_default_ledgers = ".sluice/ledger";

// The folder that is named, or the only ledger below .sluice/ledger.
Result<std::string> ledger_folder(const Arguments& arguments) {
  if (arguments.has("ledger")) {
    std::string folder = arguments.value("ledger");
    if (path_exists(folder + "/checkpoint")) return folder;
    return fail(ErrorKind::not_found, "log.not-found", "there is no ledger in " + folder);
  }
  std::vector<std::string> found;
  if (const auto above = Directory::open(std::string(k_default_ledgers))) {
    for (const DirectoryEntry& entry : SLUICE_TRY(above->list())) {
      std::string folder = std::string(k_default_ledgers) + "/" + entry.name;
      if (entry.type == EntryType::directory && path_exists(folder + "/checkpoint")) found.push_back(folder);
    }
  }
  if (found.size() == 1) return found.front();
  return fail(ErrorKind::usage, "log.which",
              found.empty() ? "there is no ledger below .sluice/ledger" : "there is more than one ledger",
              "name its folder by --ledger");
}

Result<attest::PublicKey> public_key(const Arguments& arguments) {
  const Bytes pem = SLUICE_TRY(read_file(arguments.value("key"), k_max_key_file));
  return attest::PublicKey::from_pem(pem);
}

Result<attest::Checkpoint> read_checkpoint(const std::string& path) {
  const Bytes note = SLUICE_TRY(read_file(path, attest::k_max_note_bytes));
  return attest::parse_checkpoint(note);
}

// The ledger with its checkpoint's signature checked. The origin is the ledger's own unless one is demanded.
Result<attest::Ledger> open_ledger(const std::string& folder, const Arguments& arguments) {
  const attest::PublicKey key = SLUICE_TRY(public_key(arguments));
  const attest::Checkpoint note = SLUICE_TRY(read_checkpoint(folder + "/checkpoint"));
  return attest::Ledger::open(folder, arguments.value("origin", note.origin), key);
}

std::string summary(const attest::Checkpoint& note) {
  return "  origin  " + escape_line(note.origin) + "\n  size    " + std::to_string(note.size) +
         "\n  root    " + to_hex(note.root) + "\n";
}

Result<int> verify_proof(const Arguments& arguments) {
  const attest::PublicKey key = SLUICE_TRY(public_key(arguments));
  const Bytes text = SLUICE_TRY(read_file(arguments.value("proof"), k_max_proof_file));
  const attest::LedgerProof proof = SLUICE_TRY(attest::parse_ledger_proof(text));
  if (!arguments.has("entry") || !arguments.has("origin")) {
    return fail(ErrorKind::usage, "cli.usage", "a proof is verified with the entry and the ledger's name",
                "name them by --entry FILE and --origin NAME");
  }
  const Bytes entry = SLUICE_TRY(read_file(arguments.value("entry"), attest::k_max_log_entry_bytes));
  SLUICE_CHECK(attest::verify_ledger_proof(proof, entry, arguments.value("origin"), key));
  SLUICE_CHECK(print("verified: the entry is number " + std::to_string(proof.index) + "\n"));
  return k_exit_ok;
}

Result<int> run_verify(const Arguments& arguments, Context&) {
  if (arguments.has("proof")) return verify_proof(arguments);
  const std::string folder = SLUICE_TRY(ledger_folder(arguments));
  attest::Ledger ledger = SLUICE_TRY(open_ledger(folder, arguments));
  std::vector<std::string> older;
  for (const std::string& path : arguments.values("since"))
    older.push_back(SLUICE_TRY(read_file(path, attest::k_max_note_bytes)));
  SLUICE_CHECK(ledger.verify(older));
  const attest::Checkpoint note = SLUICE_TRY(attest::parse_checkpoint(ledger.checkpoint()));
  std::string text = "verified  " + escape_line(folder) + "\n" + summary(note);
  if (!older.empty())
    text += "  holds everything of " + std::to_string(older.size()) + " older checkpoint(s)\n";
  SLUICE_CHECK(print(text));
  return k_exit_ok;
}

Result<int> run_show(const Arguments& arguments, Context&) {
  const std::string folder = SLUICE_TRY(ledger_folder(arguments));
  const attest::Checkpoint note = SLUICE_TRY(read_checkpoint(folder + "/checkpoint"));
  const long size = static_cast<long>(note.size);
  const long from = SLUICE_TRY(arguments.number("from", 0, 0, size));
  const long count = SLUICE_TRY(arguments.number("count", size - from, 0, size));
  attest::Tiles tiles(folder, note.size);
  std::string text;
  std::uint64_t loaded = UINT64_MAX;
  std::vector<Bytes> bundle;
  for (auto i = static_cast<std::uint64_t>(from);
       i < std::min(note.size, static_cast<std::uint64_t>(from + count)); ++i) {
    if (i / attest::k_tile_width != loaded) {
      loaded = i / attest::k_tile_width;
      bundle = SLUICE_TRY(tiles.entries(loaded));
    }
    const std::size_t place = i % attest::k_tile_width;
    if (place >= bundle.size())
      return fail(ErrorKind::invalid, "attest.ledger-entries",
                  "the ledger lacks entries that its checkpoint counts");
    text += arguments.has("raw") ? bundle[place] + "\n"
                                 : std::to_string(i) + "  " + escape_line(bundle[place]) + "\n";
  }
  SLUICE_CHECK(print(text));
  return k_exit_ok;
}

// The number of the entry that names this piece of evidence.
Result<std::uint64_t> find_entry(attest::Ledger& ledger, const std::string& digest) {
  for (std::uint64_t i = 0; i < ledger.size(); ++i) {
    const Bytes text = SLUICE_TRY(ledger.entry(i));
    const auto entry = json::parse(text, "ledger entry");
    if (entry && entry->string_at("digest") == digest) return i;
  }
  return fail(ErrorKind::not_found, "log.no-entry", "no entry of the ledger names " + digest);
}

std::string consistency_json(std::uint64_t old_size, std::uint64_t new_size,
                             const std::vector<Bytes>& hashes) {
  json::Array list;
  for (const Bytes& hash : hashes) list.emplace_back(to_base64(hash));
  return json::write_pretty(json::Object{{"schema", "sluice.consistency-proof/v1"},
                                         {"oldSize", old_size},
                                         {"newSize", new_size},
                                         {"hashes", std::move(list)}});
}

Result<int> run_prove(const Arguments& arguments, Context&) {
  const int named =
      (arguments.has("index") ? 1 : 0) + (arguments.has("digest") ? 1 : 0) + (arguments.has("since") ? 1 : 0);
  if (named != 1) {
    return fail(ErrorKind::usage, "cli.usage", "name what to prove by one of --index, --digest and --since");
  }
  const std::string folder = SLUICE_TRY(ledger_folder(arguments));
  attest::Ledger ledger = SLUICE_TRY(open_ledger(folder, arguments));
  if (arguments.has("since")) {
    const attest::Checkpoint old = SLUICE_TRY(read_checkpoint(arguments.value("since")));
    if (old.size > ledger.size())
      return fail(ErrorKind::crypto, "attest.ledger-rewritten",
                  "the checkpoint is of a larger ledger than this one");
    attest::Tiles tiles(folder, ledger.size());
    const std::vector<Bytes> hashes =
        old.size == 0 ? std::vector<Bytes>{} : SLUICE_TRY(tiles.consistency_proof(old.size, ledger.size()));
    SLUICE_CHECK(print(consistency_json(old.size, ledger.size(), hashes)));
    return k_exit_ok;
  }
  std::uint64_t index = 0;
  if (arguments.has("digest")) {
    index = SLUICE_TRY(find_entry(ledger, arguments.value("digest")));
  } else {
    const long last = static_cast<long>(ledger.size()) - 1;
    index = static_cast<std::uint64_t>(SLUICE_TRY(arguments.number("index", 0, 0, std::max(last, 0L))));
  }
  const attest::LedgerProof proof = SLUICE_TRY(ledger.prove(index));
  SLUICE_CHECK(print(attest::write_ledger_proof(proof)));
  return k_exit_ok;
}

Result<int> run_checkpoint(const Arguments& arguments, Context&) {
  const std::string folder = SLUICE_TRY(ledger_folder(arguments));
  if (arguments.has("key")) SLUICE_TRY(open_ledger(folder, arguments));
  const Bytes note = SLUICE_TRY(read_file(folder + "/checkpoint", attest::k_max_note_bytes));
  SLUICE_CHECK(print(note));
  return k_exit_ok;
}

const OptionSpec k_ledger{"--ledger", "FOLDER", "the ledger (default: the only one below .sluice/ledger)"};
const OptionSpec k_key{"--key", "FILE", "public key (PEM) of the ledger", true};
const OptionSpec k_origin{"--origin", "NAME", "the name that the ledger must have (default: the one it has)"};

}  // namespace

Command log_verify_command() {
  return {"log verify",
          "Verify the ledger: every entry, the checkpoint's signature, and that nothing older was changed",
          "sluice log verify --key keys/pipeline.pub --since checkpoint-of-last-week",
          {k_ledger,
           k_key,
           k_origin,
           {"--since", "FILE", "an older checkpoint, whose entries must all be there unchanged", false, true},
           {"--proof", "FILE", "verify this proof instead, without the ledger"},
           {"--entry", "FILE", "the entry that the proof is about"}},
          run_verify};
}

Command log_show_command() {
  return {"log show",
          "Print the ledger's entries",
          "sluice log show --from 100 --count 10",
          {k_ledger,
           {"--from", "NUMBER", "first entry (default 0)"},
           {"--count", "NUMBER", "how many (default: all)"},
           {"--raw", "", "the entries as they are, one a line"}},
          run_show};
}

Command log_prove_command() {
  return {"log prove",
          "Print a proof that an entry is in the ledger, or that nothing was changed since a checkpoint",
          "sluice log prove --key keys/pipeline.pub --digest sha256:… > entry.tlog-proof",
          {k_ledger,
           k_key,
           k_origin,
           {"--index", "NUMBER", "the entry's number"},
           {"--digest", "DIGEST", "the evidence that the entry names"},
           {"--since", "FILE", "an older checkpoint: a consistency proof from it, as JSON"}},
          run_prove};
}

Command log_checkpoint_command() {
  return {"log checkpoint",
          "Print the ledger's signed checkpoint, to be kept elsewhere",
          "sluice log checkpoint > checkpoint-$(date +%F)",
          {k_ledger, {"--key", "FILE", "public key (PEM): also verify its signature"}, k_origin},
          run_checkpoint};
}

}  // namespace sluice::cli

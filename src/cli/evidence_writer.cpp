#include "cli/evidence_writer.h"

#include "attest/bundle.h"
#include "attest/statement.h"
#include "base/file.h"
#include "cli/ledger_append.h"
#include "cli/passphrase.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

std::string store_folder(const Arguments& arguments, const Config& config) {
  return arguments.has("store") ? arguments.value("store") : config.resolve(config.evidence);
}

// A demand that could not be heeded is refused: nobody may believe that something was kept.
Status check_places(const Arguments& arguments) {
  if (!arguments.has("no-store")) return {};
  for (const char* other : {"store", "ledger", "ledger-origin"}) {
    if (arguments.has(other))
      return fail(ErrorKind::usage, "cli.usage", "--no-store and --" + std::string(other) + " are at odds");
  }
  if (arguments.has("bundle")) return {};
  return fail(ErrorKind::usage, "cli.usage", "with --no-store nothing would be left of what is signed",
              "say where the bundle goes: --bundle FILE, or --bundle - for stdout");
}

}  // namespace

std::vector<OptionSpec> evidence_options() {
  std::vector<OptionSpec> out{
      {"--config", "FILE", "configuration (default: sluice.yaml here, if there is one)"},
      {"--key", "KEY", "key file, ssh-agent:…, pkcs11:… or NAME://… (default: `signing` in sluice.yaml)"},
      {"--store", "FOLDER", "the evidence store (default: `evidence` in sluice.yaml, else .sluice/evidence)"},
      {"--bundle", "FILE",
       "also write the bundle to this file, or to stdout if it is \"-\" (of several, the last)"},
      {"--ledger", "FOLDER", "the ledger (default: ledger/<key> beside the store)"},
      {"--ledger-origin", "NAME", "the name of a new ledger, e.g. example.com/pipeline"},
      {"--no-ledger", "", "do not append to a ledger"}};
  for (OptionSpec& option : passphrase_options()) out.push_back(std::move(option));
  for (OptionSpec& option : signing_options()) out.push_back(std::move(option));
  return out;
}

Result<EvidenceWriter> EvidenceWriter::open(const Arguments& arguments, const Context& context) {
  SLUICE_CHECK(check_places(arguments));
  Config config = SLUICE_TRY(find_config(arguments.value("config"), "."));
  Signing signing = SLUICE_TRY(open_signing(arguments, config, context));
  return EvidenceWriter(std::move(config), std::move(signing), arguments, context);
}

Status EvidenceWriter::sign(const std::vector<Subject>& subjects, const std::vector<store::SubjectRef>& refs,
                            std::string_view predicate_type, json::Object predicate) {
  const Bytes statement = SLUICE_TRY(attest::make_statement(subjects, predicate_type, std::move(predicate)));
  Bytes bundle = SLUICE_TRY(attest::sign_statement(statement, signing_.options()));
  signed_.push_back({std::move(bundle), std::string(predicate_type), refs});
  return {};
}

Result<std::string> EvidenceWriter::log() {
  const std::string folder =
      arguments_.has("ledger")
          ? arguments_.value("ledger")
          : default_ledger_folder(store_folder(arguments_, config_), signing_.public_key());
  const std::string origin = arguments_.value("ledger-origin", default_ledger_origin(signing_.public_key()));
  std::vector<Bytes> entries;
  for (const Signed& one : signed_) {
    entries.push_back(ledger_entry(sha256(one.bundle), one.predicate_type,
                                   one.refs.empty() ? std::string_view() : one.refs.front().key));
  }
  const std::uint64_t first = SLUICE_TRY(append_to_ledger(folder, origin, *signing_.signer, entries));
  return "logged  " + report::escape_line(folder) + " from entry " + std::to_string(first) + "\n";
}

// Nothing is told beside a bundle on stdout: that is data for the next program.
Result<std::string> EvidenceWriter::write_bundle(std::string told) {
  if (!arguments_.has("bundle") || signed_.empty()) return told;
  const std::string path = arguments_.value("bundle");
  if (path == "-") return signed_.back().bundle + "\n";
  SLUICE_CHECK(write_file_atomic(path, signed_.back().bundle));
  return told;
}

Result<std::string> EvidenceWriter::finish() {
  if (arguments_.has("no-store")) {
    std::string told;
    for (const Signed& one : signed_) {
      told += "signed  " + sha256(one.bundle).oci() + "  " + report::escape_line(one.predicate_type) + "\n";
    }
    return write_bundle(std::move(told));
  }
  auto store = SLUICE_TRY(store::EvidenceStore::open(store_folder(arguments_, config_), true));
  std::string text;
  for (const Signed& one : signed_) {
    const Digest digest =
        SLUICE_TRY(store.put_all(one.bundle, one.refs, one.predicate_type, context_.clock.now()));
    text += "signed  " + digest.oci() + "  " + report::escape_line(one.predicate_type) + "\n";
  }
  if (!arguments_.has("no-ledger") && !signed_.empty()) text += SLUICE_TRY(log());
  return write_bundle(std::move(text));
}

}  // namespace sluice::cli

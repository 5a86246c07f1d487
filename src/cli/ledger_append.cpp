#include "cli/ledger_append.h"

#include "attest/ledger.h"
#include "base/file.h"
#include "base/json.h"

namespace sluice::cli {
namespace {

constexpr std::size_t k_key_hex = 16;  // of a key's id, in names

// The name that an existing ledger has by its checkpoint.
std::string origin_of(const std::string& folder) {
  const auto note = read_file(folder + "/checkpoint", attest::k_max_note_bytes);
  return note ? note->substr(0, note->find('\n')) : std::string();
}

}  // namespace

Bytes ledger_entry(const Digest& bundle, std::string_view predicate_type, std::string_view subject_key) {
  return json::write(json::Object{{"schema", "sluice.ledger-entry/v1"},
                                  {"digest", bundle.oci()},
                                  {"predicateType", predicate_type},
                                  {"subject", subject_key}});
}

std::string default_ledger_folder(const std::string& evidence_folder, const attest::PublicKey& key) {
  const std::size_t slash = evidence_folder.rfind('/');
  const std::string above = slash == std::string::npos ? "." : evidence_folder.substr(0, slash);
  return above + "/ledger/" + key.id().substr(0, k_key_hex);
}

std::string default_ledger_origin(const attest::PublicKey& key) {
  return "sluice.dev/ledger/" + key.id().substr(0, k_key_hex);
}

Result<std::uint64_t> append_to_ledger(const std::string& folder, const std::string& new_origin,
                                       const attest::Signer& signer, const std::vector<Bytes>& entries) {
  std::string origin = origin_of(folder);
  if (origin.empty()) origin = new_origin;
  attest::Ledger ledger = SLUICE_TRY(attest::Ledger::open(folder, origin, signer.public_key()));
  return ledger.append(entries, signer);
}

}  // namespace sluice::cli

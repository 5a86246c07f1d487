#include "attest/openpgp.h"

#include <array>
#include <vector>

#include "base/file.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_status = "[GNUPG:] ";
constexpr std::chrono::seconds k_gpg_deadline{30};

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the OpenPGP signature: " + std::move(message));
}

[[nodiscard]] std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const auto space = line.find(' ');
    out.push_back(line.substr(0, space));
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  return out;
}

struct Verdict {
  std::string_view word;
  std::string_view code;
  std::string_view message;
};
// Every one of these ends it, whatever else is said.
constexpr std::array<Verdict, 9> k_against{
    {{"BADSIG", "attest.signature", "it does not hold"},
     {"ERRSIG", "attest.signature", "it cannot be checked"},
     {"NO_PUBKEY", "attest.commit-signer", "it is by a key that is not configured"},
     {"EXPSIG", "attest.key-expired", "it has expired"},
     {"EXPKEYSIG", "attest.key-expired", "its key has expired"},
     {"KEYEXPIRED", "attest.key-expired", "its key has expired"},
     {"REVKEYSIG", "attest.key-revoked", "its key is revoked"},
     {"KEYREVOKED", "attest.key-revoked", "its key is revoked"},
     {"FAILURE", "attest.signature", "gpg could not judge it"}}};

// VALIDSIG fingerprint date timestamp expires version reserved algorithm hash class [primary fingerprint]
[[nodiscard]] Result<std::string> read_valid(const std::vector<std::string_view>& words) {
  constexpr std::size_t k_hash = 8;
  constexpr std::size_t k_class = 9;
  constexpr std::size_t k_primary = 10;
  if (words.size() <= k_class) return refuse("attest.gpg", "gpg's answer is not understood");
  // RFC 4880 section 9.4: 1 MD5, 2 SHA-1, 3 RIPE-MD/160; 8 to 11 are SHA-2.
  const std::string_view hash = words[k_hash];
  if (hash != "8" && hash != "9" && hash != "10" && hash != "11")
    return refuse("attest.commit-hash", "it is made with a hash that is not accepted");
  if (words[k_class] != "00") return refuse("attest.signature", "it is no signature of a document");
  return std::string(words.size() > k_primary ? words[k_primary] : words[1]);
}

}  // namespace

Result<std::string> read_gpg_status(std::string_view status) {
  std::size_t good = 0;
  std::optional<std::string> fingerprint;
  std::optional<Error> against;
  while (!status.empty()) {
    const std::string_view line = status.substr(0, status.find('\n'));
    status.remove_prefix(std::min(status.size(), line.size() + 1));
    if (!line.starts_with(k_status)) continue;
    const std::vector<std::string_view> words = words_of(line.substr(k_status.size()));
    if (words.empty()) continue;
    if (words[0] == "GOODSIG") ++good;
    for (const Verdict& row : k_against) {
      // NO_PUBKEY follows ERRSIG and says more.
      if (words[0] == row.word && (!against || row.word == "NO_PUBKEY"))
        against = refuse(std::string(row.code), std::string(row.message)).value();
    }
    if (words[0] != "VALIDSIG") continue;
    if (fingerprint) return refuse("attest.signature", "there is more than one");
    fingerprint = SLUICE_TRY(read_valid(words));
  }
  if (against) return fail(std::move(*against));
  if (good != 1 || !fingerprint) return refuse("attest.signature", "gpg does not call it good");
  return std::move(*fingerprint);
}

Result<std::string> verify_openpgp(BytesView signature, BytesView payload, BytesView keys,
                                   const std::string& gpg, ProcessRunner& runner) {
  if (!gpg.starts_with('/')) return fail(ErrorKind::config, "attest.gpg", "gpg's path must be absolute");
  const TempDirectory home = SLUICE_TRY(TempDirectory::create("sluice-gpg-"));
  SLUICE_CHECK(write_file_atomic(home.path() + "/signature", signature, 0600));
  const auto run = [&](std::vector<std::string> words, BytesView input) {
    ProcessSpec spec;
    spec.argv = {gpg,
                 "--homedir",
                 home.path(),
                 "--batch",
                 "--no-options",
                 "--no-tty",
                 "--no-autostart",
                 "--no-auto-key-locate",
                 "--trust-model",
                 "always",
                 "--status-fd",
                 "1"};
    spec.argv.insert(spec.argv.end(), words.begin(), words.end());
    spec.environment = {{"LC_ALL", "C"}, {"PATH", "/usr/bin:/bin"}};
    spec.input = std::string(input);
    spec.deadline = k_gpg_deadline;
    return runner.run(spec);
  };
  const ProcessResult imported = SLUICE_TRY(run({"--import"}, keys));
  if (imported.out.text().find(std::string(k_status) + "IMPORT_OK") == std::string::npos)
    return fail(ErrorKind::config, "attest.gpg", "gpg takes no key from the configured OpenPGP keys");
  const ProcessResult verified =
      SLUICE_TRY(run({"--no-auto-key-retrieve", "--verify", home.path() + "/signature", "-"}, payload));
  if (verified.timed_out || verified.out.truncated())
    return fail(ErrorKind::tool, "attest.gpg", "gpg did not come to an end");
  return read_gpg_status(verified.out.head + verified.out.tail);
}

}  // namespace sluice::attest

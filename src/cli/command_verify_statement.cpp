// sluice verify statement: is this signed statement genuine, about this subject, and of this type? Works
// offline.
#include <array>
#include <optional>

#include "attest/keyring.h"
#include "attest/verify.h"
#include "base/digest.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "report/escape.h"
#include "sluice/predicates.h"
#include "store/store.h"

namespace sluice::cli {
namespace {

using report::escape_line;

struct NamedType {
  std::string_view name;
  std::string_view uri;
};
constexpr std::array<NamedType, 4> k_types{{{"provenance", predicate::k_provenance},
                                            {"scan", predicate::k_scan},
                                            {"test-result", predicate::k_test_result},
                                            {"verdict", predicate::k_verdict}}};

std::string type_uri(const std::string& text) {
  for (const NamedType& type : k_types) {
    if (type.name == text) return std::string(type.uri);
  }
  return text;
}

Result<attest::Keyring> keyring_of(const Arguments& arguments) {
  std::vector<attest::KeyConfig> keys;
  for (const std::string& path : arguments.values("key")) {
    attest::KeyConfig key;
    key.name = path;
    key.pem = SLUICE_TRY(read_file(path, 64U << 10U));
    keys.push_back(std::move(key));
  }
  return attest::Keyring::build(std::move(keys));
}

// "sha256:…", "gitCommit:…", "gitTree:…", or a file whose SHA-256 is meant.
Result<attest::DigestSet> subject_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string algorithm = text.substr(0, colon);
  if (colon != std::string::npos &&
      (algorithm == "sha256" || algorithm == "gitCommit" || algorithm == "gitTree")) {
    return attest::DigestSet{{algorithm, text.substr(colon + 1)}};
  }
  const Bytes bytes = SLUICE_TRY(read_file(text));
  return attest::DigestSet{{"sha256", sha256(bytes).hex()}};
}

struct Candidate {
  std::string name;
  Bytes bytes;
};

// The bundle of --bundle, or every piece of evidence of the type in --evidence.
Result<std::vector<Candidate>> candidates(const Arguments& arguments, const std::string& type) {
  std::vector<Candidate> out;
  if (arguments.has("bundle") == arguments.has("evidence")) {
    return fail(ErrorKind::usage, "cli.usage", "name either --bundle FILE or --evidence FOLDER");
  }
  if (arguments.has("bundle")) {
    const std::string path = arguments.value("bundle");
    out.push_back({path, SLUICE_TRY(read_file(path, store::k_max_evidence_bytes))});
    return out;
  }
  const auto store = SLUICE_TRY(store::EvidenceStore::open(arguments.value("evidence"), false));
  const auto listing = SLUICE_TRY(store.list());
  for (const std::string& line : listing.unreadable) print_error("unreadable evidence: " + escape_line(line));
  for (const store::Entry& entry : listing.entries) {
    if (entry.predicate_type != type) continue;
    out.push_back({entry.bundle.oci(), SLUICE_TRY(store.get(entry))});
  }
  return out;
}

std::string describe(const std::string& name, const attest::VerifiedStatement& verified) {
  const json::Value& predicate = verified.statement.predicate;
  std::string out = "verified  " + escape_line(name) + "\n  type     " +
                    escape_line(verified.statement.predicate_type) + "\n  key      " +
                    verified.signature.key_id + " (" + escape_line(verified.signature.key_name) + ")\n";
  for (const std::size_t index : verified.matched) {
    for (const auto& [algorithm, value] : verified.statement.subjects[index].digest) {
      out += "  subject  " + algorithm + ":" + value + "\n";
    }
  }
  if (!predicate.string_at("sluice_stage").empty()) {
    out += "  stage    " + escape_line(predicate.string_at("sluice_stage")) + ": " +
           escape_line(predicate.string_at("sluice_outcome")) + " at " +
           escape_line(predicate.string_at("timeVerified")) + "\n";
  }
  return out;
}

Result<int> run(const Arguments& arguments, Context& context) {
  const std::string type = type_uri(arguments.value("type"));
  const attest::Keyring keyring = SLUICE_TRY(keyring_of(arguments));
  attest::Expectations expected;
  expected.subject = SLUICE_TRY(subject_of(arguments.value("subject")));
  expected.predicate_types = {type};
  expected.now = context.clock.now();

  std::size_t good = 0;
  std::optional<Error> last;
  for (const Candidate& candidate : SLUICE_TRY(candidates(arguments, type))) {
    auto verified = attest::verify_statement(candidate.bytes, keyring, expected);
    if (verified) {
      ++good;
      SLUICE_CHECK(arguments.has("payload") ? print(verified->payload + "\n")
                                            : print(describe(candidate.name, *verified)));
    } else {
      last = with_context(verified.error(), "verifying " + escape_line(candidate.name));
      // A store holds evidence about many subjects; that is no news.
      const bool other = last->code == "attest.subject-mismatch";
      if (arguments.has("evidence") && !other) print_error(to_string(*last));
    }
  }
  if (good != 0) return k_exit_ok;
  if (last) return tl::unexpected(*last);
  return fail(ErrorKind::crypto, "verify.nothing", "there is no evidence of the type " + type,
              "`--type` takes provenance, scan, test-result, verdict or a full URI");
}

}  // namespace

Command verify_statement_command() {
  return {"verify statement",
          "Verify a signed statement: signature, subject and type",
          "sluice verify statement --evidence .sluice/evidence --key keys/pipeline.pub --subject sha256:… "
          "--type verdict",
          {{"--bundle", "FILE", "a Sigstore bundle"},
           {"--evidence", "FOLDER",
            "an evidence store; every piece of the type is verified, one good one suffices"},
           {"--key", "FILE", "public key (PEM) that may have signed; may be repeated", true, true},
           {"--subject", "DIGEST", "sha256:…, gitCommit:…, gitTree:…, or a file", true},
           {"--type", "TYPE", "provenance, scan, test-result, verdict or a predicate type URI", true},
           {"--payload", "", "print the verified statement itself"}},
          run};
}

}  // namespace sluice::cli

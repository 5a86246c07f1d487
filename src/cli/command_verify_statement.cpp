// sluice verify statement: is this signed statement genuine, about this subject, and of this type? Works
// offline.
#include <optional>

#include "attest/keyring_file.h"
#include "attest/predicate_shape.h"
#include "attest/verify.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "report/escape.h"
#include "store/store.h"

namespace sluice::cli {
namespace {

using report::escape_line;

constexpr long k_max_age_seconds = 10L * 366 * 86'400;

// Whose signatures count, and how many of them for a role.
struct Trust {
  attest::Keyring keyring;
  std::size_t threshold = 1;
};

Result<Trust> trust_of(const Arguments& arguments) {
  std::vector<attest::KeyConfig> keys;
  Trust out;
  for (const std::string& path : arguments.values("key")) {
    attest::KeyConfig key;
    key.name = path;
    key.pem = SLUICE_TRY(read_file(path, 64U << 10U));
    // A key that is named for this one run may sign whatever is asked for.
    if (arguments.has("role")) key.roles.push_back(arguments.value("role"));
    keys.push_back(std::move(key));
  }
  if (arguments.has("keyring")) {
    const std::string path = arguments.value("keyring");
    const Bytes text = SLUICE_TRY(read_file(path, attest::k_max_keyring_bytes));
    attest::KeyringFile file = SLUICE_TRY(attest::parse_keyring(text, path));
    if (const auto found = file.thresholds.find(arguments.value("role")); found != file.thresholds.end())
      out.threshold = found->second;
    for (attest::KeyConfig& key : file.keys) keys.push_back(std::move(key));
  }
  if (keys.empty()) {
    return fail(ErrorKind::usage, "attest.no-expectation", "no key is named: that would accept anybody",
                "give --key FILE or --keyring FILE");
  }
  out.keyring = SLUICE_TRY(attest::Keyring::build(std::move(keys)));
  const long least = static_cast<long>(out.threshold);
  out.threshold = static_cast<std::size_t>(SLUICE_TRY(
      arguments.number("threshold", least, 1, static_cast<long>(attest::k_max_threshold_bundles))));
  return out;
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

// The bundles of --bundle, or every piece of evidence of the type in --evidence.
Result<std::vector<Candidate>> candidates(const Arguments& arguments, std::string_view type) {
  std::vector<Candidate> out;
  if (arguments.has("bundle") == arguments.has("evidence")) {
    return fail(ErrorKind::usage, "cli.usage", "name either --bundle FILE or --evidence FOLDER");
  }
  for (const std::string& path : arguments.values("bundle"))
    out.push_back({path, SLUICE_TRY(read_file(path, store::k_max_evidence_bytes))});
  if (arguments.has("bundle")) return out;
  const auto store = SLUICE_TRY(store::EvidenceStore::open(arguments.value("evidence"), false));
  const auto listing = SLUICE_TRY(store.list());
  for (const std::string& line : listing.unreadable) print_error("unreadable evidence: " + escape_line(line));
  for (const store::Entry& entry : listing.entries) {
    if (entry.predicate_type != type) continue;
    out.push_back({entry.bundle.oci(), SLUICE_TRY(store.get(entry))});
  }
  return out;
}

std::string when_of(const attest::VerifiedStatement& verified) {
  if (!verified.times.empty()) return attest::format_moment(verified.times.front()) + " (verified)";
  if (verified.stated.time_since_epoch().count() > 0) return format_time(verified.stated) + " (stated)";
  return "unknown";
}

std::string describe(const std::string& name, const attest::VerifiedStatement& verified,
                     const std::vector<SignatureFact>& signers) {
  const json::Value& predicate = verified.statement.predicate;
  std::string out = "verified  " + escape_line(name) + "\n  type     " +
                    escape_line(verified.statement.predicate_type) + "\n";
  for (const SignatureFact& signer : signers)
    out += "  key      " + signer.key_id + " (" + escape_line(signer.key_name) + ")\n";
  out += "  time     " + when_of(verified) + "\n";
  for (const std::size_t index : verified.matched) {
    for (const auto& [algorithm, value] : verified.statement.subjects[index].digest) {
      out += "  subject  " + algorithm + ":" + value + "\n";
    }
  }
  if (verified.unknown_parameters) out += "  level    SLSA Build " + std::to_string(verified.level) + "\n";
  for (const std::string& parameter : verified.unknown_parameters.value_or(std::vector<std::string>{}))
    out += "  unknown  external parameter " + escape_line(parameter) + "\n";
  if (!predicate.string_at("sluice_stage").empty()) {
    out += "  stage    " + escape_line(predicate.string_at("sluice_stage")) + ": " +
           escape_line(predicate.string_at("sluice_outcome")) + " at " +
           escape_line(predicate.string_at("timeVerified")) + "\n";
  }
  return out;
}

json::Object facts_of(const attest::VerifiedStatement& verified, const std::vector<SignatureFact>& signers) {
  json::Array who;
  for (const SignatureFact& signer : signers) {
    json::Array roles;
    for (const std::string& role : signer.roles) roles.emplace_back(role);
    who.emplace_back(
        json::Object{{"keyId", signer.key_id}, {"name", signer.key_name}, {"roles", std::move(roles)}});
  }
  json::Object out{{"signers", std::move(who)}, {"predicateType", verified.statement.predicate_type}};
  json::Array times;
  for (const attest::Moment time : verified.times) times.emplace_back(attest::format_moment(time));
  out.set("verifiedTimes", std::move(times));
  if (verified.stated.time_since_epoch().count() > 0) out.set("statedTime", format_time(verified.stated));
  out.set("slsaBuildLevel", verified.level);
  if (verified.unknown_parameters) {
    json::Array names;
    for (const std::string& name : *verified.unknown_parameters) names.emplace_back(name);
    out.set("unknownExternalParameters", std::move(names));
  }
  return out;
}

Status show(const Arguments& arguments, const std::string& name, const attest::VerifiedStatement& verified,
            const std::vector<SignatureFact>& signers) {
  if (arguments.has("payload")) return print(verified.payload + "\n");
  if (arguments.value("format") == "json") return print(json::write(facts_of(verified, signers)) + "\n");
  return print(describe(name, verified, signers));
}

Result<attest::Expectations> expectations_of(const Arguments& arguments, const Context& context,
                                             std::string_view type) {
  attest::Expectations out;
  out.subject = SLUICE_TRY(subject_of(arguments.value("subject")));
  out.predicate_types = {std::string(type)};
  out.role = arguments.value("role");
  out.now = context.clock.now();
  if (arguments.has("max-age"))
    out.max_age = std::chrono::seconds(SLUICE_TRY(arguments.number("max-age", 0, 0, k_max_age_seconds)));
  out.resource_uri = arguments.value("resource-uri");
  out.verifier_id = arguments.value("verifier-id");
  out.passed_only = arguments.has("passed");
  return out;
}

Result<int> run(const Arguments& arguments, Context& context) {
  const std::string type(attest::predicate_type_of(arguments.value("type")));
  const Trust trust = SLUICE_TRY(trust_of(arguments));
  attest::Expectations expected = SLUICE_TRY(expectations_of(arguments, context, type));
  std::optional<attest::TrustedRoot> root;
  if (arguments.has("trusted-root")) {
    const Bytes text =
        SLUICE_TRY(read_file(arguments.value("trusted-root"), attest::k_max_trusted_root_bytes));
    root = SLUICE_TRY(attest::parse_trusted_root(text));
    expected.trusted_root = &*root;
  }
  const std::vector<Candidate> found = SLUICE_TRY(candidates(arguments, type));
  if (trust.threshold > 1) {
    std::vector<Bytes> bundles;
    for (const Candidate& candidate : found) bundles.push_back(candidate.bytes);
    const auto enough =
        SLUICE_TRY(attest::verify_threshold(bundles, trust.keyring, expected, trust.threshold));
    SLUICE_CHECK(show(arguments, std::to_string(enough.signers.size()) + " bundles", enough.statement,
                      enough.signers));
    return k_exit_ok;
  }
  std::size_t good = 0;
  std::optional<Error> last;
  for (const Candidate& candidate : found) {
    auto verified = attest::verify_statement(candidate.bytes, trust.keyring, expected);
    if (verified) {
      ++good;
      SLUICE_CHECK(show(arguments, candidate.name, *verified, {verified->signature}));
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
              "`--type` takes provenance, scan, test-result, verdict, spdx, … or a full URI");
}

}  // namespace

Command verify_statement_command() {
  return {
      "verify statement",
      "Verify a signed statement: signature, subject and type",
      "sluice verify statement --evidence .sluice/evidence --key keys/pipeline.pub --subject sha256:… "
      "--type verdict",
      {{"--bundle", "FILE", "a Sigstore bundle or a DSSE envelope; several for --threshold", false, true},
       {"--evidence", "FOLDER",
        "an evidence store; every piece of the type is verified, one good one suffices"},
       {"--key", "FILE", "public key (PEM) that may have signed; may be repeated", false, true},
       {"--keyring", "FILE", "keyring file: keys with roles, validity, revocation and levels"},
       {"--role", "ROLE", "the role that the key must have"},
       {"--threshold", "N",
        "how many different keys must have signed the same bytes (default: the keyring's)"},
       {"--subject", "DIGEST", "sha256:…, gitCommit:…, gitTree:…, or a file", true},
       {"--type", "TYPE", "provenance, scan, test-result, verdict, spdx, … or a predicate type URI", true},
       {"--max-age", "SECONDS", "the oldest evidence that counts"},
       {"--trusted-root", "FILE", "trusted root (JSON) with the timestamp authorities that are believed"},
       {"--resource-uri", "URI", "of a verdict: the resource that it must be about, exactly"},
       {"--verifier-id", "URI", "of a verdict: the verifier that it must be by"},
       {"--passed", "", "of a verdict: it must have passed"},
       {"--format", "FORMAT", "how to print what was verified", false, false, {"text", "json"}},
       {"--payload", "", "print the verified statement itself"}},
      run};
}

}  // namespace sluice::cli

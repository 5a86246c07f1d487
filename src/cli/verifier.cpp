#include "cli/verifier.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "attest/keyring_file.h"
#include "attest/notation.h"
#include "attest/simple_signing.h"
#include "attest/verify.h"
#include "attest/verify_bundle.h"
#include "base/file.h"
#include "cli/keys.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_key_file = 64u << 10;
constexpr std::string_view k_simple_type = "https://sigstore.dev/cosign/sign/v1";
constexpr std::string_view k_cose_type = "application/cose";

// The type that an unverified document gives itself: for the table, and as what it then has to be.
std::string stated_type(const store::Attached& piece) {
  Result<attest::Envelope> envelope = tl::unexpected(Error{});
  if (piece.kind == store::AttachedKind::bundle) {
    const auto bundle = attest::parse_bundle(piece.bytes);
    if (bundle && bundle->envelope() != nullptr) envelope = *bundle->envelope();
  } else {
    envelope = attest::parse_envelope(piece.bytes, "envelope");
  }
  if (!envelope) return {};
  const auto statement = attest::parse_statement(envelope->payload);
  return statement ? statement->predicate_type : std::string();
}

Result<Digest> sha256_of(const attest::DigestSet& subject) {
  const auto it = subject.find("sha256");
  if (it != subject.end()) return Digest::parse_hex(it->second);
  return fail(ErrorKind::unsupported, "verify.subject", "certificates are verified over sha256 digests only");
}

void take_bundle(attest::VerifiedBundle&& verified, Judged& out) {
  out.signer = verified.identity.empty() ? verified.key_id : verified.identity;
  out.issuer = verified.issuer;
  out.key_id = verified.key_id;
  if (!verified.times.empty()) {
    out.time = format_time(std::chrono::floor<std::chrono::seconds>(verified.times.front()));
    out.time_verified = true;
  }
  if (verified.statement) out.predicate_type = verified.statement->predicate_type;
  out.payload = sha256(verified.payload);
  out.statement = std::move(verified.statement);
}

}  // namespace

std::string_view to_string(Judgement judgement) {
  switch (judgement) {
    case Judgement::verified:
      return "verified";
    case Judgement::refused:
      return "refused";
    case Judgement::unjudged:
      break;
  }
  return "unjudged";
}

Result<std::chrono::seconds> parse_duration(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, text.data() + text.size());
  const std::int64_t factor = unit == "s"   ? 1
                              : unit == "m" ? 60
                              : unit == "h" ? 3600
                              : unit == "d" ? 86'400
                                            : 0;
  if (problem != std::errc() || factor == 0 || number <= 0 || number > 1'000'000)
    return fail(ErrorKind::usage, "cli.duration", "\"" + text + "\" is no duration",
                "write it as 30s, 15m, 72h or 90d");
  return std::chrono::seconds(number * factor);
}

std::vector<OptionSpec> verifier_options() {
  return {
      {"--config", "FILE", "configuration with `keys` (default: sluice.yaml here, if there is one)"},
      {"--key", "FILE", "public key (PEM) that may have signed; may be repeated", false, true},
      {"--keyring", "FILE", "keyring file: keys with roles, validity, revocation, levels and thresholds"},
      {"--threshold", "N",
       "how many different keys must have signed the same bytes (default: the keyring's)"},
      {"--certificate-identity", "TEXT", "subject alternative name that the certificate must have, exactly"},
      {"--certificate-oidc-issuer", "URL", "issuer that the certificate must name, exactly"},
      {"--notation-identity", "NAME",
       "subject (CN=…,O=…) that the certificate of a notation signature must have, exactly"},
      {"--trusted-root", "FILE", "trusted root (JSON): authorities and logs for certificates and timestamps"},
      {"--role", "ROLE", "the key must have this role in sluice.yaml"},
      {"--max-age", "DURATION", "evidence older than this does not count: 72h, 90d"}};
}

// The keys that are named, else those of the configuration; and the threshold that a keyring has for the
// role.
Status Verifier::read_keys(const Arguments& arguments) {
  std::string path = arguments.value("keyring");
  std::vector<attest::KeyConfig> keys;
  for (const std::string& file : arguments.values("key")) {
    attest::KeyConfig key;
    key.name = file;
    key.pem = SLUICE_TRY(read_file(file, k_max_key_file));
    // A key that is named for this one run may sign whatever is asked for.
    if (!role_.empty()) key.roles.push_back(role_);
    keys.push_back(std::move(key));
  }
  const bool named = arguments.has("key") || arguments.has("keyring");
  if (!named) {
    const Config config = SLUICE_TRY(find_config(arguments.value("config"), "."));
    keyring_ = SLUICE_TRY(load_keyring(config));
    if (!config.keyring.empty()) path = config.resolve(config.keyring);
  }
  if (!path.empty()) {
    const Bytes text = SLUICE_TRY(read_file(path, attest::k_max_keyring_bytes));
    attest::KeyringFile file = SLUICE_TRY(attest::parse_keyring(text, path));
    const auto found = file.thresholds.find(role_);
    if (found != file.thresholds.end()) threshold_ = found->second;
    for (attest::KeyConfig& key : file.keys) keys.push_back(std::move(key));
  }
  if (named) keyring_ = SLUICE_TRY(attest::Keyring::build(std::move(keys)));
  return {};
}

bool enough_signers(const std::vector<Judged>& pieces, std::size_t threshold,
                    const std::function<bool(const Judged&)>& counts) {
  std::map<Digest, std::set<std::string>> signers;  // of each payload
  for (const Judged& piece : pieces) {
    if (piece.judgement != Judgement::verified || !counts(piece)) continue;
    auto& those = signers[piece.payload];
    those.insert(piece.key_id.empty() ? piece.issuer + " " + piece.signer : piece.key_id);
    if (those.size() >= threshold) return true;
  }
  return false;
}

Result<Verifier> Verifier::open(const Arguments& arguments, const Context& context) {
  Verifier out;
  out.now_ = context.clock.now();
  out.role_ = arguments.value("role");
  out.identity_ = arguments.value("certificate-identity");
  out.issuer_ = arguments.value("certificate-oidc-issuer");
  if (arguments.has("max-age")) out.max_age_ = SLUICE_TRY(parse_duration(arguments.value("max-age")));
  if (arguments.has("trusted-root")) {
    const Bytes text =
        SLUICE_TRY(read_file(arguments.value("trusted-root"), attest::k_max_trusted_root_bytes));
    out.root_ = SLUICE_TRY(attest::parse_trusted_root(text));
  }
  out.notation_identity_ = arguments.value("notation-identity");
  if (arguments.has("notation-identity") && (out.notation_identity_.empty() || !out.root_)) {
    return fail(ErrorKind::usage, "verify.no-signer", "the signer of notation signatures is not wholly named",
                "give --notation-identity with the whole subject, and --trusted-root");
  }
  const bool identity = arguments.has("certificate-identity") || arguments.has("certificate-oidc-issuer");
  if (identity) {
    // An empty constraint would accept everybody.
    if (out.identity_.empty() || out.issuer_.empty() || !out.root_ || arguments.has("key") ||
        arguments.has("keyring")) {
      return fail(ErrorKind::usage, "verify.no-signer", "an identity is not wholly named",
                  "give --certificate-identity, --certificate-oidc-issuer and --trusted-root together, "
                  "without --key");
    }
    // Roles and thresholds are of keys; an option that is not heeded must not be given.
    if (arguments.has("role") || arguments.has("threshold")) {
      return fail(ErrorKind::usage, "verify.option",
                  "--role and --threshold are for keys, not for an identity");
    }
    return out;
  }
  SLUICE_CHECK(out.read_keys(arguments));
  if (out.keyring_.entries().empty() && out.notation_identity_.empty()) {
    return fail(ErrorKind::usage, "verify.no-signer", "nobody is named whose signature counts",
                "give --key FILE, `keys` in sluice.yaml, or an identity with --trusted-root");
  }
  const long least = static_cast<long>(out.threshold_);
  out.threshold_ = static_cast<std::size_t>(SLUICE_TRY(
      arguments.number("threshold", least, 1, static_cast<long>(attest::k_max_threshold_bundles))));
  for (const attest::Keyring::Entry& entry : out.keyring_.entries())
    out.key_pems_.push_back(entry.config.pem);
  return out;
}

Status Verifier::judge_by_keys(const store::Attached& piece, const attest::DigestSet& subject,
                               Judged& out) const {
  attest::Expectations expected;
  expected.subject = subject;
  expected.predicate_types = {out.predicate_type};
  expected.role = role_;
  expected.now = now_;
  expected.max_age = max_age_;
  expected.trusted_root = root_ ? &*root_ : nullptr;
  if (out.predicate_type.empty())
    return fail(ErrorKind::invalid, "attest.not-a-statement", "it holds no statement that can be read");
  attest::VerifiedStatement verified = SLUICE_TRY(attest::verify_statement(piece.bytes, keyring_, expected));
  out.signer = verified.signature.key_name;
  out.key_id = verified.signature.key_id;
  out.level = verified.level;
  out.time_verified = !verified.times.empty();
  if (out.time_verified) {
    out.time = format_time(std::chrono::floor<std::chrono::seconds>(verified.times.front()));
  } else if (verified.stated.time_since_epoch().count() > 0) {
    out.time = format_time(verified.stated);
  }
  out.statement = std::move(verified.statement);
  out.payload = sha256(verified.payload);
  return {};
}

Status Verifier::judge_by_identity(const store::Attached& piece, const attest::DigestSet& subject,
                                   Judged& out) const {
  const attest::Bundle bundle =
      SLUICE_TRY(piece.kind == store::AttachedKind::bundle
                     ? attest::parse_bundle(piece.bytes)
                     : attest::bundle_of_attestation(piece.annotations, piece.bytes));
  attest::BundleOptions options;
  options.certificate_identity = identity_;
  options.certificate_issuer = issuer_;
  options.artifact_digest = SLUICE_TRY(sha256_of(subject));
  take_bundle(SLUICE_TRY(attest::verify_bundle(bundle, &*root_, options)), out);
  return {};
}

Status Verifier::judge_simple(const store::Attached& piece, const attest::DigestSet& subject,
                              const std::string& repository, Judged& out) const {
  attest::SimpleExpectations expected;
  expected.image = SLUICE_TRY(sha256_of(subject));
  if (!repository.empty()) expected.reference = repository;
  out.predicate_type = std::string(k_simple_type);
  attest::BundleOptions options;
  options.certificate_identity = identity_;
  options.certificate_issuer = issuer_;
  if (!identity_.empty()) {
    take_bundle(
        SLUICE_TRY(attest::verify_simple_signing(piece.annotations, piece.bytes, &*root_, options, expected)),
        out);
    out.predicate_type = std::string(k_simple_type);
    return {};
  }
  std::optional<Error> last;
  for (const std::string& pem : key_pems_) {
    options.key_pem = pem;
    auto verified = attest::verify_simple_signing(piece.annotations, piece.bytes, root_ ? &*root_ : nullptr,
                                                  options, expected);
    if (!verified) {
      last = verified.error();
      continue;
    }
    const attest::Keyring::Entry* entry = keyring_.find(verified->key_id);
    if (entry == nullptr)
      return fail(ErrorKind::crypto, "attest.key-unknown", "no key of the keyring signed it");
    SLUICE_CHECK(attest::check_usable(*entry, now_));
    const std::vector<std::string>& roles = entry->config.roles;
    if (!role_.empty() && std::find(roles.begin(), roles.end(), role_) == roles.end())
      return fail(ErrorKind::crypto, "attest.role", "the key does not have the role " + role_);
    take_bundle(std::move(*verified), out);
    out.signer = entry->config.name;
    out.predicate_type = std::string(k_simple_type);
    return {};
  }
  return tl::unexpected(
      last.value_or(Error{ErrorKind::crypto, "attest.key-unknown", "no key signed it", {}, {}, {}}));
}

// A signature of the Notary Project has no key of a keyring, so neither role nor level.
Status Verifier::judge_notation(const store::Attached& piece, const attest::DigestSet& subject,
                                Judged& out) const {
  out.predicate_type = std::string(attest::k_notation_payload_type);
  if (!role_.empty())
    return fail(ErrorKind::crypto, "attest.role", "a certificate does not have the role " + role_);
  attest::NotationOptions options;
  options.image = SLUICE_TRY(sha256_of(subject));
  options.identity = notation_identity_;
  options.now = now_;
  const attest::VerifiedNotation verified = SLUICE_TRY(attest::verify_notation(piece.bytes, *root_, options));
  out.signer = verified.identity;
  out.time_verified = !verified.times.empty();
  out.time = format_time(out.time_verified ? std::chrono::floor<std::chrono::seconds>(verified.times.front())
                                           : verified.stated);
  out.payload = sha256(verified.payload);
  return {};
}

// By the time that the piece has, verified or stated; one that has none may be of any age.
Status Verifier::check_age(const Judged& piece) const {
  const auto time = parse_time(piece.time);
  if (!time)
    return fail(ErrorKind::crypto, "attest.too-old", "it does not say how old it is, and --max-age is given");
  if (now_ - *time > *max_age_)
    return fail(ErrorKind::crypto, "attest.too-old", "it is older than --max-age");
  return {};
}

Judged Verifier::judge(const store::Attached& piece, const attest::DigestSet& subject,
                       const std::string& repository) const {
  Judged out;
  out.kind = piece.kind;
  out.digest = piece.digest;
  Status status;
  if (piece.kind == store::AttachedKind::other ||
      (piece.kind == store::AttachedKind::notation && notation_identity_.empty())) {
    const bool notation = piece.kind == store::AttachedKind::notation;
    out.predicate_type = piece.media_type;
    out.problem = notation                          ? "nobody is named by --notation-identity"
                  : piece.media_type == k_cose_type ? "notation signatures in COSE are not read; JWS ones are"
                                                    : "this kind of signature is not read here";
    out.code = notation ? "verify.no-notation-identity" : "verify.unsupported";
    return out;
  }
  if (piece.kind == store::AttachedKind::notation) {
    status = judge_notation(piece, subject, out);
  } else if (piece.kind == store::AttachedKind::simple_signing) {
    status = judge_simple(piece, subject, repository, out);
  } else {
    out.predicate_type = stated_type(piece);
    status = identity_.empty() ? judge_by_keys(piece, subject, out) : judge_by_identity(piece, subject, out);
  }
  if (status && max_age_) status = check_age(out);
  out.judgement = status ? Judgement::verified : Judgement::refused;
  if (!status) {
    out.code = status.error().code;
    out.problem = status.error().message;
    out.statement.reset();
  }
  return out;
}

}  // namespace sluice::cli

#include "attest/verify.h"

#include <algorithm>

#include "attest/bundle.h"
#include "attest/claims.h"
#include "attest/dsse.h"
#include "attest/predicate_shape.h"
#include "attest/timestamp.h"
#include "base/effects.h"
#include "sluice/predicates.h"

namespace sluice::attest {
namespace {

constexpr std::chrono::seconds k_clock_skew{300};

// What is left of the outer format: one envelope, what it says about its key, its timestamps.
struct Signed {
  Envelope envelope;
  std::string hint;  // key id by the bundle; may be empty
  std::vector<Bytes> timestamps;
  bool bare = false;  // no bundle around it
};

// A bare envelope has no media type; what has one is a bundle and nothing else.
[[nodiscard]] bool is_bare_envelope(BytesView bytes) {
  json::Limits limits;
  limits.bytes = k_max_bundle_bytes;
  const auto value = json::parse(bytes, "evidence", limits);
  return value && value->find("mediaType") == nullptr && value->find("payloadType") != nullptr;
}

[[nodiscard]] Result<Signed> open_bundle(BytesView bytes) {
  auto parsed = parse_bundle(bytes);
  if (!parsed && is_bare_envelope(bytes)) {
    Signed out;
    out.envelope = SLUICE_TRY(parse_envelope(bytes, "evidence"));
    out.bare = true;
    return out;
  }
  Bundle bundle = SLUICE_TRY(std::move(parsed));
  if (!bundle.has_public_key) {
    return fail(ErrorKind::crypto, "attest.material",
                "the bundle is signed with a certificate, not with a key",
                "verify it with `sluice verify bundle` and a trusted root");
  }
  Envelope* envelope = std::get_if<Envelope>(&bundle.content);
  if (envelope == nullptr) {
    return fail(ErrorKind::crypto, "attest.not-a-statement", "the bundle signs bare bytes, not a statement");
  }
  // parse_bundle has compared the two; either may be left out.
  std::string hint =
      bundle.public_key_hint.empty() ? envelope->signatures.front().keyid : bundle.public_key_hint;
  return Signed{std::move(*envelope), std::move(hint), std::move(bundle.timestamps), false};
}

// Every key is tried on every signature: hints are not authenticated, so they may not choose the key.
[[nodiscard]] const Keyring::Entry* find_signer(const Signed& item, const Keyring& keyring,
                                                const EnvelopeSignature*& by) {
  const Bytes message = pae(item.envelope.payload_type, item.envelope.payload);
  for (const EnvelopeSignature& signature : item.envelope.signatures) {
    for (const Keyring::Entry& entry : keyring.entries()) {
      if (!entry.key.verify(message, signature.sig)) continue;
      by = &signature;
      return &entry;
    }
  }
  return nullptr;
}

[[nodiscard]] Result<const Keyring::Entry*> check_signature(const Signed& item, const Keyring& keyring,
                                                            const std::vector<Moment>& times,
                                                            std::chrono::sys_seconds now) {
  const EnvelopeSignature* by = nullptr;
  const Keyring::Entry* signer = find_signer(item, keyring, by);
  const std::string& hint = by != nullptr && item.bare ? by->keyid : item.hint;
  if (signer == nullptr) {
    if (keyring.find(hint) != nullptr) {
      return fail(ErrorKind::crypto, "attest.signature",
                  "the signature does not hold: the evidence was changed");
    }
    return fail(ErrorKind::crypto, "attest.key-unknown", "no configured key made this signature",
                hint.empty() ? "" : "it says it was made by the key " + hint);
  }
  // Tools that write bare envelopes compute key ids in many ways; there only the id of another known key is a
  // lie.
  const bool claims_other = item.bare ? keyring.find(hint) != nullptr : !hint.empty();
  if (claims_other && hint != signer->key.id()) {
    return fail(
        ErrorKind::crypto, "attest.keyid-hint-mismatch",
        "the signature is by the key \"" + signer->config.name + "\", but it claims to be by " + hint);
  }
  // Where it is proven when the key signed, it had to be valid then; a revocation counts by the same times.
  for (const Moment time : times)
    SLUICE_CHECK(check_usable(*signer, std::chrono::floor<std::chrono::seconds>(time)));
  if (times.empty()) SLUICE_CHECK(check_usable(*signer, now));
  return signer;
}

[[nodiscard]] Result<std::vector<Moment>> verified_times(const Signed& item, const TrustedRoot* root) {
  std::vector<Moment> out;
  if (root == nullptr || root->timestamp_authorities.empty()) return out;
  for (const Bytes& token : item.timestamps) {
    out.push_back(
        SLUICE_TRY(verify_timestamp(token, item.envelope.signatures.front().sig, root->timestamp_authorities))
            .time);
  }
  std::sort(out.begin(), out.end());
  return out;
}

[[nodiscard]] Status check_payload_type(const Envelope& envelope) {
  if (is_in_toto_payload_type(envelope.payload_type)) return {};
  return fail(ErrorKind::crypto, "attest.payload-type",
              "the payload type \"" + envelope.payload_type + "\" is not that of an in-toto statement");
}

[[nodiscard]] SignatureFact signature_fact(const Keyring::Entry& entry) {
  SignatureFact out;
  out.verified = true;
  out.key_id = entry.key.id();
  out.key_name = entry.config.name;
  out.roles = entry.config.roles;
  out.builder = entry.config.builder;
  out.max_level = build_level(entry.config, entry.config.builder);
  return out;
}

[[nodiscard]] bool has(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// When the statement was made, by its own word: the field that each known predicate has for it.
[[nodiscard]] std::chrono::sys_seconds stated_time(const Statement& statement) {
  std::string_view text;
  if (statement.predicate_type == predicate::k_provenance) {
    if (const json::Value* run = statement.predicate.find("runDetails")) {
      if (const json::Value* metadata = run->find("metadata")) {
        text = metadata->string_at("finishedOn");
        if (text.empty()) text = metadata->string_at("startedOn");
      }
    }
  } else if (statement.predicate_type == predicate::k_verdict) {
    text = statement.predicate.string_at("timeVerified");
  } else if (statement.predicate_type == predicate::k_scan) {
    text = statement.predicate.string_at("finishedOn");
  } else {
    text = statement.predicate.string_at("sluice_finishedOn");
  }
  if (text.empty()) return {};
  const auto parsed = parse_time(text);
  return parsed ? *parsed : std::chrono::sys_seconds{};
}

// The builder that provenance claims; empty for other statements.
[[nodiscard]] std::string_view claimed_builder(const Statement& statement) {
  if (statement.predicate_type != predicate::k_provenance) return {};
  const json::Value* run = statement.predicate.find("runDetails");
  const json::Value* builder = run != nullptr ? run->find("builder") : nullptr;
  return builder != nullptr ? builder->string_at("id") : std::string_view();
}

[[nodiscard]] Status check_age(const VerifiedStatement& item, const Expectations& expected) {
  const bool proven = !item.times.empty();
  const std::chrono::sys_seconds made =
      proven ? std::chrono::floor<std::chrono::seconds>(item.times.front()) : item.stated;
  const bool known = made.time_since_epoch().count() > 0;
  if (known && made > expected.now + k_clock_skew) {
    return fail(ErrorKind::crypto, "attest.time-future",
                "the evidence is of " + format_time(made) + ", which has not come yet",
                "a clock is wrong: this machine's, or that of whoever signed");
  }
  if (!expected.max_age) return {};
  if (!known) return fail(ErrorKind::crypto, "attest.too-old", "the evidence does not say when it was made");
  if (made + *expected.max_age >= expected.now) return {};
  return fail(ErrorKind::crypto, "attest.too-old",
              "the evidence is of " + format_time(made) + ", older than " +
                  std::to_string(expected.max_age->count()) + " seconds",
              "make it anew");
}

[[nodiscard]] std::chrono::sys_seconds time_of(const VerifiedStatement& item) {
  return item.times.empty() ? item.stated : std::chrono::floor<std::chrono::seconds>(item.times.front());
}

[[nodiscard]] Status check_summary(const Statement& statement, const Expectations& expected) {
  const auto refuse = [](std::string code, std::string message) {
    return fail(ErrorKind::crypto, std::move(code), std::move(message));
  };
  const json::Value& predicate = statement.predicate;
  if (!expected.resource_uri.empty() && predicate.string_at("resourceUri") != expected.resource_uri) {
    return refuse("attest.resource-uri", "the verdict is about \"" +
                                             std::string(predicate.string_at("resourceUri")) +
                                             "\", not about " + expected.resource_uri);
  }
  const json::Value* verifier = predicate.find("verifier");
  if (!expected.verifier_id.empty() &&
      (verifier == nullptr || verifier->string_at("id") != expected.verifier_id)) {
    return refuse("attest.verifier-id", "the verdict is by another verifier than " + expected.verifier_id);
  }
  if (expected.passed_only && predicate.string_at("verificationResult") != "PASSED")
    return refuse("attest.verdict-failed", "the verdict is not that it passed");
  return {};
}

// Repository and ref that provenance says it was built from.
[[nodiscard]] std::pair<std::string, std::string> line_of(const Statement& statement) {
  const json::Value* at = &statement.predicate;
  for (const std::string_view key : {"buildDefinition", "externalParameters", "source"}) {
    at = at != nullptr ? at->find(key) : nullptr;
  }
  if (at == nullptr) return {};
  return {std::string(at->string_at("repository")), std::string(at->string_at("ref"))};
}

}  // namespace

Result<VerifiedStatement> verify_statement(BytesView bundle, const Keyring& keyring,
                                           const Expectations& expected) {
  if (expected.predicate_types.empty()) {
    return fail(ErrorKind::usage, "attest.no-expectation", "no accepted predicate type was given");
  }
  Signed item = SLUICE_TRY(open_bundle(bundle));
  VerifiedStatement out;
  out.times = SLUICE_TRY(verified_times(item, expected.trusted_root));
  const Keyring::Entry* signer = SLUICE_TRY(check_signature(item, keyring, out.times, expected.now));
  if (!expected.role.empty() && !has(signer->config.roles, expected.role)) {
    return fail(ErrorKind::crypto, "attest.role",
                "the key \"" + signer->config.name + "\" may not sign as " + expected.role);
  }
  SLUICE_CHECK(check_payload_type(item.envelope));

  out.payload = std::move(item.envelope.payload);
  out.statement = SLUICE_TRY(parse_statement(out.payload));
  if (!has(expected.predicate_types, out.statement.predicate_type)) {
    return fail(ErrorKind::crypto, "attest.predicate-type",
                "the predicate type " + out.statement.predicate_type + " is not what was asked for");
  }
  SLUICE_CHECK(check_predicate(out.statement.predicate_type, out.statement.predicate));
  out.matched = SLUICE_TRY(match_subjects(out.statement.subjects, expected.subject));
  SLUICE_CHECK(check_summary(out.statement, expected));
  out.signature = signature_fact(*signer);
  out.stated = stated_time(out.statement);
  SLUICE_CHECK(check_age(out, expected));
  out.level = build_level(signer->config, claimed_builder(out.statement));
  if (out.statement.predicate_type == predicate::k_provenance)
    out.unknown_parameters = unknown_parameters(out.statement.predicate);
  return out;
}

Result<ThresholdResult> verify_threshold(const std::vector<Bytes>& bundles, const Keyring& keyring,
                                         const Expectations& expected, std::size_t needed) {
  if (needed == 0) return fail(ErrorKind::usage, "attest.no-expectation", "a threshold of no signatures");
  if (bundles.size() > k_max_threshold_bundles)
    return fail(ErrorKind::limit, "attest.limit", "there are too many bundles");
  std::vector<ThresholdResult> groups;  // by payload
  std::string problems;
  for (const Bytes& bundle : bundles) {
    auto verified = verify_statement(bundle, keyring, expected);
    if (!verified) {
      problems += "; " + verified.error().message + " [" + verified.error().code + "]";
      continue;
    }
    auto group = std::find_if(groups.begin(), groups.end(), [&](const ThresholdResult& item) {
      return item.statement.payload == verified->payload;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {*verified, {}});
    const bool again =
        std::any_of(group->signers.begin(), group->signers.end(),
                    [&](const SignatureFact& other) { return other.key_id == verified->signature.key_id; });
    if (!again) group->signers.push_back(verified->signature);
  }
  std::size_t most = 0;
  for (ThresholdResult& group : groups) {
    if (group.signers.size() >= needed) return std::move(group);
    most = std::max(most, group.signers.size());
  }
  return fail(ErrorKind::crypto, "attest.threshold",
              std::to_string(most) + " of " + std::to_string(needed) +
                  " different keys have signed the same statement" + problems);
}

Status check_newest(const VerifiedStatement& statement, const std::vector<VerifiedStatement>& others) {
  const auto line = line_of(statement.statement);
  const std::chrono::sys_seconds made = time_of(statement);
  if (made.time_since_epoch().count() <= 0) {
    return fail(ErrorKind::crypto, "attest.no-time", "the provenance does not say when it was made");
  }
  for (const VerifiedStatement& other : others) {
    if (other.statement.predicate_type != statement.statement.predicate_type) continue;
    if (line_of(other.statement) != line || time_of(other) <= made) continue;
    return fail(ErrorKind::crypto, "attest.not-newest",
                "there is newer provenance for " + line.second + " of " + line.first + ": this one is of " +
                    format_time(made) + ", the other of " + format_time(time_of(other)),
                "promote the newest build, or name this one explicitly");
  }
  return {};
}

Result<EvidenceFact> examine_evidence(BytesView bundle, const Keyring& keyring,
                                      std::chrono::sys_seconds now) {
  const Signed item = SLUICE_TRY(open_bundle(bundle));
  SLUICE_CHECK(check_payload_type(item.envelope));
  Statement statement = SLUICE_TRY(parse_statement(item.envelope.payload));

  EvidenceFact fact;
  fact.digest = sha256(bundle).oci();
  if (const auto signer = check_signature(item, keyring, {}, now); signer) {
    fact.signature = signature_fact(**signer);
  } else {
    fact.signature.problem = signer.error().message + " [" + signer.error().code + "]";
  }
  fact.time = stated_time(statement);
  fact.predicate_type = std::move(statement.predicate_type);
  fact.subjects = std::move(statement.subjects);
  fact.predicate = std::move(statement.predicate);
  return fact;
}

}  // namespace sluice::attest

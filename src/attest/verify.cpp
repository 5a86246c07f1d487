#include "attest/verify.h"

#include <algorithm>

#include "attest/bundle.h"
#include "attest/dsse.h"
#include "base/effects.h"
#include "sluice/predicates.h"

namespace sluice::attest {
namespace {

// What is left of the outer format: one envelope, one signature, what it says about its key.
struct Signed {
  Envelope envelope;
  std::string hint;  // key id by the bundle or the envelope; may be empty
};

[[nodiscard]] Result<Signed> open_bundle(BytesView bytes) {
  Bundle bundle = SLUICE_TRY(parse_bundle(bytes));
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
  return Signed{std::move(*envelope), std::move(hint)};
}

[[nodiscard]] Result<const Keyring::Entry*> check_signature(const Signed& item, const Keyring& keyring,
                                                            std::chrono::sys_seconds now) {
  const Bytes message = pae(item.envelope.payload_type, item.envelope.payload);
  const Bytes& signature = item.envelope.signatures.front().sig;
  // Every key is tried: the hint is not authenticated, so it may not choose the key.
  const Keyring::Entry* signer = nullptr;
  for (const Keyring::Entry& entry : keyring.entries()) {
    if (entry.key.verify(message, signature)) {
      signer = &entry;
      break;
    }
  }
  if (signer == nullptr) {
    if (keyring.find(item.hint) != nullptr) {
      return fail(ErrorKind::crypto, "attest.signature",
                  "the signature does not hold: the evidence was changed");
    }
    return fail(ErrorKind::crypto, "attest.key-unknown", "no configured key made this signature",
                item.hint.empty() ? "" : "it says it was made by the key " + item.hint);
  }
  if (!item.hint.empty() && item.hint != signer->key.id()) {
    return fail(
        ErrorKind::crypto, "attest.keyid-hint-mismatch",
        "the signature is by the key \"" + signer->config.name + "\", but it claims to be by " + item.hint);
  }
  SLUICE_CHECK(check_usable(*signer, now));
  return signer;
}

[[nodiscard]] Status check_payload_type(const Envelope& envelope) {
  if (is_in_toto_payload_type(envelope.payload_type)) return {};
  return fail(ErrorKind::crypto, "attest.payload-type",
              "the payload type \"" + envelope.payload_type + "\" is not that of an in-toto statement");
}

[[nodiscard]] SignatureFact signature_fact(const Keyring::Entry& entry) {
  return SignatureFact{true, entry.key.id(), entry.config.name, entry.config.roles, ""};
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

}  // namespace

Result<VerifiedStatement> verify_statement(BytesView bundle, const Keyring& keyring,
                                           const Expectations& expected) {
  if (expected.predicate_types.empty()) {
    return fail(ErrorKind::usage, "attest.no-expectation", "no accepted predicate type was given");
  }
  Signed item = SLUICE_TRY(open_bundle(bundle));
  const Keyring::Entry* signer = SLUICE_TRY(check_signature(item, keyring, expected.now));
  if (!expected.role.empty() && !has(signer->config.roles, expected.role)) {
    return fail(ErrorKind::crypto, "attest.role",
                "the key \"" + signer->config.name + "\" may not sign as " + expected.role);
  }
  SLUICE_CHECK(check_payload_type(item.envelope));

  VerifiedStatement out;
  out.payload = std::move(item.envelope.payload);
  out.statement = SLUICE_TRY(parse_statement(out.payload));
  if (!has(expected.predicate_types, out.statement.predicate_type)) {
    return fail(ErrorKind::crypto, "attest.predicate-type",
                "the predicate type " + out.statement.predicate_type + " is not what was asked for");
  }
  out.matched = SLUICE_TRY(match_subjects(out.statement.subjects, expected.subject));
  out.signature = signature_fact(*signer);
  return out;
}

Result<EvidenceFact> examine_evidence(BytesView bundle, const Keyring& keyring,
                                      std::chrono::sys_seconds now) {
  const Signed item = SLUICE_TRY(open_bundle(bundle));
  SLUICE_CHECK(check_payload_type(item.envelope));
  Statement statement = SLUICE_TRY(parse_statement(item.envelope.payload));

  EvidenceFact fact;
  fact.digest = sha256(bundle).oci();
  if (const auto signer = check_signature(item, keyring, now); signer) {
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

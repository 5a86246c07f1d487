#include <algorithm>
#include <array>
#include <set>

#include "attest/bundle.h"
#include "attest/notation.h"
#include "base/effects.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_scheme = "io.cncf.notary.signingScheme";
constexpr std::string_view k_signing_time = "io.cncf.notary.signingTime";
constexpr std::string_view k_authentic_time = "io.cncf.notary.authenticSigningTime";
constexpr std::string_view k_expiry = "io.cncf.notary.expiry";
constexpr std::string_view k_plugin_prefix = "io.cncf.notary.verificationPlugin";
constexpr std::string_view k_timestamp = "io.cncf.notary.timestampSignature";
constexpr std::array<std::string_view, 6> k_algorithms{"PS256", "PS384", "PS512", "ES256", "ES384", "ES512"};
constexpr std::array<std::string_view, 3> k_understood{k_scheme, k_authentic_time, k_expiry};

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::invalid, std::move(code), "the notation signature: " + std::move(message));
}

// base64url without padding (RFC 7515 section 2), and nothing else: two spellings would be two signatures.
[[nodiscard]] Result<Bytes> decode(const json::Value& object, std::string_view member) {
  const json::Value* value = object.find(member);
  const std::string* text = value != nullptr ? value->as_string() : nullptr;
  if (text == nullptr || text->empty() || text->find('=') != std::string::npos)
    return refuse("attest.notation", "\"" + std::string(member) + "\" is missing or no base64url");
  auto bytes = from_base64(*text + std::string((4 - text->size() % 4) % 4, '='), Base64::url);
  if (!bytes) return refuse("attest.notation", "\"" + std::string(member) + "\" is no base64url");
  return bytes;
}

[[nodiscard]] Status check_members(const json::Value& value, const std::set<std::string_view>& allowed) {
  const json::Object* object = value.as_object();
  if (object == nullptr) return refuse("attest.notation", "a part that should be an object is none");
  for (const json::Member& member : object->members()) {
    if (!allowed.contains(member.key))
      return refuse("attest.notation", "it has the unknown member \"" + member.key + "\"");
  }
  return {};
}

[[nodiscard]] Result<std::chrono::sys_seconds> time_at(const json::Value& header, std::string_view name) {
  const auto time = parse_moment(header.string_at(name));
  if (!time) return refuse("attest.notation-header", std::string(name) + " is no RFC 3339 time");
  return std::chrono::floor<std::chrono::seconds>(*time);
}

// What must be understood is understood, and what must be marked so is marked.
[[nodiscard]] Status check_critical(const json::Value& header) {
  const json::Value* value = header.find("crit");
  const json::Array* names = value != nullptr ? value->as_array() : nullptr;
  if (names == nullptr) return refuse("attest.notation-critical", "it has no list of critical headers");
  std::set<std::string_view> critical;
  for (const json::Value& item : *names) {
    const std::string* name = item.as_string();
    if (name == nullptr || !critical.insert(*name).second)
      return refuse("attest.notation-critical", "a critical header is no text, or named twice");
    if (std::find(k_understood.begin(), k_understood.end(), *name) == k_understood.end())
      return refuse("attest.notation-critical", "the critical header \"" + *name + "\" is not understood");
    if (header.find(*name) == nullptr)
      return refuse("attest.notation-critical", "the critical header \"" + *name + "\" is not there");
  }
  for (const std::string_view name : k_understood) {
    if (header.find(name) != nullptr && !critical.contains(name))
      return refuse("attest.notation-critical", std::string(name) + " is not marked as critical");
  }
  // A plugin would have to judge, too; whether it is marked as critical is then no matter.
  for (const json::Member& member : header.as_object()->members()) {
    if (member.key.starts_with(k_plugin_prefix))
      return refuse("attest.notation-critical", "it demands a verification plugin");
  }
  return {};
}

[[nodiscard]] Status read_times(const json::Value& header, NotationEnvelope& out) {
  const bool authority = out.scheme == NotationScheme::signing_authority;
  const std::string_view mine = authority ? k_authentic_time : k_signing_time;
  const std::string_view other = authority ? k_signing_time : k_authentic_time;
  if (header.find(other) != nullptr)
    return refuse("attest.notation-header", std::string(other) + " is not of its signing scheme");
  out.signed_at = SLUICE_TRY(time_at(header, mine));
  if (header.find(k_expiry) == nullptr) return {};
  out.expiry = SLUICE_TRY(time_at(header, k_expiry));
  if (*out.expiry > out.signed_at) return {};
  return refuse("attest.notation-header", "it expires before it was signed");
}

[[nodiscard]] Status read_protected(BytesView text, NotationEnvelope& out) {
  auto parsed = json::parse(text, "protected header");
  if (!parsed) return refuse("attest.notation-header", parsed.error().message);
  const json::Value& header = *parsed;
  if (header.as_object() == nullptr) return refuse("attest.notation-header", "it is no object");
  out.algorithm = header.string_at("alg");
  if (std::find(k_algorithms.begin(), k_algorithms.end(), out.algorithm) == k_algorithms.end())
    return refuse("attest.notation-algorithm", "the algorithm \"" + out.algorithm + "\" is not accepted");
  if (header.string_at("cty") != k_notation_payload_type)
    return refuse("attest.notation-content-type", "its payload is no notation payload by its type");
  const std::string_view scheme = header.string_at(k_scheme);
  if (scheme == "notary.x509.signingAuthority") {
    out.scheme = NotationScheme::signing_authority;
  } else if (scheme != "notary.x509") {
    return refuse("attest.notation-scheme",
                  "the signing scheme \"" + std::string(scheme) + "\" is not known");
  }
  SLUICE_CHECK(check_critical(header));
  return read_times(header, out);
}

[[nodiscard]] Status read_unprotected(const json::Value& header, NotationEnvelope& out) {
  const json::Value* chain = header.find("x5c");
  const json::Array* list = chain != nullptr ? chain->as_array() : nullptr;
  if (list == nullptr || list->empty() || list->size() > k_max_chain_certificates)
    return refuse("attest.notation", "it has no certificates, or too many");
  for (const json::Value& item : *list) {
    const std::string* text = item.as_string();
    const auto der = text != nullptr ? from_base64(*text) : Result<Bytes>(Bytes());
    if (!der || der->empty()) return refuse("attest.notation", "a certificate is no base64");
    out.certificates.push_back(SLUICE_TRY(Certificate::from_der(*der)));
  }
  if (const json::Value* stamp = header.find(k_timestamp)) {
    const std::string* text = stamp->as_string();
    const auto der = text != nullptr ? from_base64(*text) : Result<Bytes>(Bytes());
    if (!der || der->empty()) return refuse("attest.notation", "its timestamp is no base64");
    out.timestamp = *der;
  }
  return {};
}

}  // namespace

Result<NotationEnvelope> parse_notation(BytesView text) {
  json::Limits limits;
  limits.bytes = k_max_notation_bytes;
  const json::Value root = SLUICE_TRY(json::parse(text, "notation signature", limits));
  SLUICE_CHECK(check_members(root, {"payload", "protected", "header", "signature"}));
  const json::Value* header = root.find("header");
  if (header == nullptr) return refuse("attest.notation", "it has no unprotected header");
  SLUICE_CHECK(check_members(*header, {"x5c", k_timestamp, "io.cncf.notary.signingAgent"}));

  NotationEnvelope out;
  const Bytes protected_text = SLUICE_TRY(decode(root, "protected"));
  out.payload = SLUICE_TRY(decode(root, "payload"));
  out.signature = SLUICE_TRY(decode(root, "signature"));
  out.signing_input = Bytes(root.string_at("protected")) + "." + Bytes(root.string_at("payload"));
  SLUICE_CHECK(read_protected(protected_text, out));
  SLUICE_CHECK(read_unprotected(*header, out));
  return out;
}

}  // namespace sluice::attest

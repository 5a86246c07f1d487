#include "attest/predicate_shape.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "attest/digest_set.h"
#include "base/effects.h"
#include "sluice/predicates.h"

namespace sluice::attest {
namespace {

enum class Kind : std::uint8_t { text, uri, time, object, list, texts, digests, number, verdict, outcome };

// "a.b" goes into objects, "a[].b" into every element of a list. A member of an absent optional object is not
// asked for.
struct Need {
  std::string_view path;
  Kind kind;
  bool required = true;
};

struct Shape {
  std::string_view type;
  std::span<const Need> needs;
};

constexpr std::array<Need, 10> k_provenance{
    {{"buildDefinition.buildType", Kind::uri},
     {"buildDefinition.externalParameters", Kind::object},
     {"buildDefinition.internalParameters", Kind::object, false},
     {"buildDefinition.resolvedDependencies", Kind::list, false},
     {"buildDefinition.resolvedDependencies[].digest", Kind::digests, false},
     {"runDetails.builder.id", Kind::uri},
     {"runDetails.metadata.invocationId", Kind::text, false},
     {"runDetails.metadata.startedOn", Kind::time, false},
     {"runDetails.metadata.finishedOn", Kind::time, false},
     {"runDetails.byproducts", Kind::list, false}}};

constexpr std::array<Need, 3> k_provenance_v02{
    {{"builder.id", Kind::uri}, {"buildType", Kind::uri}, {"materials", Kind::list, false}}};

constexpr std::array<Need, 5> k_test_result{{{"result", Kind::outcome},
                                             {"configuration", Kind::list},
                                             {"passedTests", Kind::texts, false},
                                             {"warnedTests", Kind::texts, false},
                                             {"failedTests", Kind::texts, false}}};

constexpr std::array<Need, 8> k_verdict{{{"verifier.id", Kind::uri},
                                         {"timeVerified", Kind::time, false},
                                         {"resourceUri", Kind::text},
                                         {"policy", Kind::object},
                                         {"policy.digest", Kind::digests, false},
                                         {"verificationResult", Kind::verdict},
                                         {"verifiedLevels", Kind::texts},
                                         {"inputAttestations[].digest", Kind::digests, false}}};

constexpr std::array<Need, 3> k_scan{
    {{"findings", Kind::list}, {"gaps", Kind::list}, {"finishedOn", Kind::time}}};

constexpr std::array<Need, 11> k_spdx{{{"spdxVersion", Kind::text},
                                       {"dataLicense", Kind::text},
                                       {"SPDXID", Kind::text},
                                       {"name", Kind::text},
                                       {"documentNamespace", Kind::uri},
                                       {"creationInfo.created", Kind::time},
                                       {"creationInfo.creators", Kind::texts},
                                       {"packages", Kind::list, false},
                                       {"packages[].SPDXID", Kind::text},
                                       {"packages[].name", Kind::text},
                                       {"packages[].downloadLocation", Kind::text}}};

constexpr std::array<Need, 6> k_cyclonedx{{{"bomFormat", Kind::text},
                                           {"specVersion", Kind::text},
                                           {"version", Kind::number, false},
                                           {"components", Kind::list, false},
                                           {"components[].type", Kind::text},
                                           {"components[].name", Kind::text}}};

constexpr std::array<Need, 10> k_vulns{{{"scanner.uri", Kind::uri},
                                        {"scanner.version", Kind::text, false},
                                        {"scanner.db.lastUpdate", Kind::time},
                                        {"scanner.result", Kind::list},
                                        {"scanner.result[].id", Kind::text},
                                        {"scanner.result[].severity", Kind::list},
                                        {"scanner.result[].severity[].method", Kind::text},
                                        {"scanner.result[].severity[].score", Kind::text},
                                        {"metadata.scanStartedOn", Kind::time},
                                        {"metadata.scanFinishedOn", Kind::time}}};

constexpr std::array<Need, 5> k_svr{{{"verifier.id", Kind::uri},
                                     {"verifier.policies", Kind::list},
                                     {"verifier.policies[].digest", Kind::digests, false},
                                     {"timeCreated", Kind::time},
                                     {"properties", Kind::texts}}};

constexpr std::array<Need, 2> k_release{{{"purl", Kind::uri}, {"packageId", Kind::text, false}}};

constexpr std::array<Need, 6> k_link{{{"name", Kind::text},
                                      {"command", Kind::texts, false},
                                      {"materials[].name", Kind::text},
                                      {"materials[].digest", Kind::digests},
                                      {"byproducts", Kind::object, false},
                                      {"environment", Kind::object, false}}};

// npm's registry signs what it publishes; a statement without name and version binds no package
// (GHSA-r2xv-vpr2-42m9).
constexpr std::string_view k_publish_type = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";
constexpr std::array<Need, 3> k_publish{
    {{"name", Kind::text}, {"version", Kind::text}, {"registry", Kind::uri}}};

constexpr std::array<Shape, 12> k_shapes{{{predicate::k_provenance, k_provenance},
                                          {"https://slsa.dev/provenance/v0.2", k_provenance_v02},
                                          {predicate::k_test_result, k_test_result},
                                          {predicate::k_verdict, k_verdict},
                                          {predicate::k_scan, k_scan},
                                          {predicate::k_spdx, k_spdx},
                                          {predicate::k_cyclonedx, k_cyclonedx},
                                          {predicate::k_vulns, k_vulns},
                                          {predicate::k_svr, k_svr},
                                          {predicate::k_release, k_release},
                                          {predicate::k_link, k_link},
                                          {k_publish_type, k_publish}}};

[[nodiscard]] bool is_uri(const std::string* text) {
  return text != nullptr && text->find(':') != std::string::npos && text->front() != ':' &&
         std::none_of(text->begin(), text->end(), [](char c) { return c <= ' ' || c == 0x7f; });
}

[[nodiscard]] bool is_one_of(const std::string* text, std::initializer_list<std::string_view> words) {
  return text != nullptr && std::find(words.begin(), words.end(), *text) != words.end();
}

[[nodiscard]] bool all_texts(const json::Array* list) {
  return list != nullptr && std::all_of(list->begin(), list->end(),
                                        [](const json::Value& item) { return item.as_string() != nullptr; });
}

[[nodiscard]] bool are_digests(const json::Object* object) {
  if (object == nullptr) return false;
  DigestSet digests;
  for (const json::Member& member : object->members()) {
    if (member.value.as_string() == nullptr) return false;
    digests.emplace(member.key, *member.value.as_string());
  }
  return digests.empty() || check_digest_set(digests).has_value();
}

[[nodiscard]] bool is_kind(const json::Value& value, Kind kind) {
  const std::string* text = value.as_string();
  switch (kind) {
    case Kind::text:
      return text != nullptr && !text->empty();
    case Kind::uri:
      return is_uri(text) && !text->empty();
    case Kind::time:
      return text != nullptr && parse_time(*text).has_value();
    case Kind::object:
      return value.as_object() != nullptr;
    case Kind::list:
      return value.as_array() != nullptr;
    case Kind::texts:
      return all_texts(value.as_array());
    case Kind::digests:
      return are_digests(value.as_object());
    case Kind::number:
      return value.as_int() != nullptr || value.as_uint() != nullptr;
    case Kind::verdict:
      return is_one_of(text, {"PASSED", "FAILED"});
    case Kind::outcome:
      return is_one_of(text, {"PASSED", "WARNED", "FAILED"});
  }
  return false;
}

[[nodiscard]] std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 10> k_names{
      "a text",          "a URI",        "an RFC 3339 time", "an object",        "a list",
      "a list of texts", "a digest set", "a whole number",   "PASSED or FAILED", "PASSED, WARNED or FAILED"};
  return k_names.at(static_cast<std::size_t>(kind));
}

[[nodiscard]] tl::unexpected<Error> bad_shape(const Need& need, std::string_view why) {
  return fail(ErrorKind::invalid, "attest.predicate-shape",
              "the predicate's \"" + std::string(need.path) + "\" " + std::string(why));
}

// `rest` is what of need.path is still to go.
[[nodiscard]] Status check(const json::Value& value, std::string_view rest, const Need& need) {
  const auto dot = rest.find('.');
  std::string_view step = rest.substr(0, dot);
  const bool last = dot == std::string_view::npos;
  const bool each = step.ends_with("[]");
  if (each) step.remove_suffix(2);
  if (value.as_object() == nullptr) return bad_shape(need, "lies in something that is no object");
  const json::Value* found = value.find(step);
  if (found == nullptr || found->is_null()) {
    // Absent lists have no elements that could lack something.
    if (!need.required || each) return {};
    return bad_shape(need, "is missing");
  }
  if (last) {
    if (is_kind(*found, need.kind)) return {};
    return bad_shape(need, "is not " + std::string(name_of(need.kind)));
  }
  if (!each) return check(*found, rest.substr(dot + 1), need);
  if (found->as_array() == nullptr) return bad_shape(need, "lies in something that is no list");
  for (const json::Value& item : *found->as_array()) SLUICE_CHECK(check(item, rest.substr(dot + 1), need));
  return {};
}

[[nodiscard]] Status check_versions(std::string_view type, const json::Value& predicate) {
  const auto wrong = [](std::string message) {
    return fail(ErrorKind::invalid, "attest.predicate-shape", std::move(message));
  };
  if (type == predicate::k_spdx && predicate.string_at("spdxVersion") != "SPDX-2.3") {
    return wrong("this is no SPDX 2.3 document: spdxVersion is \"" +
                 std::string(predicate.string_at("spdxVersion")) + "\"");
  }
  if (type == predicate::k_cyclonedx) {
    const std::string_view version = predicate.string_at("specVersion");
    if (predicate.string_at("bomFormat") != "CycloneDX" ||
        !(version == "1.4" || version == "1.5" || version == "1.6")) {
      return wrong("this is no CycloneDX document of version 1.4 to 1.6");
    }
  }
  return {};
}

}  // namespace

Status check_predicate(std::string_view predicate_type, const json::Value& predicate) {
  for (const Shape& shape : k_shapes) {
    if (shape.type != predicate_type) continue;
    SLUICE_CHECK(check_versions(predicate_type, predicate));
    for (const Need& need : shape.needs) SLUICE_CHECK(check(predicate, need.path, need));
  }
  return {};
}

const std::vector<PredicateName>& predicate_names() {
  static const std::vector<PredicateName> k_names{
      {"provenance", predicate::k_provenance},
      {"scan", predicate::k_scan},
      {"test-result", predicate::k_test_result},
      {"verdict", predicate::k_verdict},
      {"spdx", predicate::k_spdx},
      {"cyclonedx", predicate::k_cyclonedx},
      {"vulns", predicate::k_vulns},
      {"svr", predicate::k_svr},
      {"release", predicate::k_release},
      {"link", predicate::k_link},
      {"runtime-trace", "https://in-toto.io/attestation/runtime-trace/v0.2"},
      {"publish", k_publish_type}};
  return k_names;
}

std::string_view predicate_type_of(std::string_view name_or_type) {
  for (const PredicateName& row : predicate_names()) {
    if (row.name == name_or_type) return row.type;
  }
  return name_or_type;
}

}  // namespace sluice::attest

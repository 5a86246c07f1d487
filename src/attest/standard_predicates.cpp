#include "attest/standard_predicates.h"

#include <algorithm>
#include <set>

#include "attest/predicate_shape.h"
#include "attest/secret_filter.h"
#include "base/effects.h"

namespace sluice::attest {
namespace {

[[nodiscard]] Result<json::Object> checked(std::string_view type, json::Object predicate) {
  const json::Value value(std::move(predicate));
  SLUICE_CHECK(check_predicate(type, value));
  return *value.as_object();
}

[[nodiscard]] Result<json::Object> sbom(BytesView document, std::string_view type) {
  if (document.size() > k_max_sbom_bytes) {
    return fail(ErrorKind::limit, "attest.sbom-size",
                "the document has " + std::to_string(document.size()) + " bytes, more than " +
                    std::to_string(k_max_sbom_bytes),
                "sign its digest as a file, and keep the document beside it");
  }
  json::Value value = SLUICE_TRY(json::parse(document, "the bill of materials"));
  if (value.as_object() == nullptr) {
    return fail(ErrorKind::invalid, "attest.predicate-shape", "the bill of materials is no JSON object");
  }
  SLUICE_CHECK(check_predicate(type, value));
  return std::move(*value.as_object());
}

[[nodiscard]] Status need_time(std::chrono::sys_seconds time, std::string_view what) {
  if (time.time_since_epoch().count() > 0) return {};
  return fail(ErrorKind::invalid, "attest.predicate-time",
              "the time of " + std::string(what) + " is missing");
}

[[nodiscard]] json::Object digest_json(const DigestSet& digests) {
  json::Object out;
  for (const auto& [name, value] : digests) out.set(name, value);
  return out;
}

[[nodiscard]] json::Object vulnerability_json(const Vulnerability& item) {
  json::Array severity;
  for (const VulnerabilityScore& score : item.severity) {
    severity.emplace_back(
        json::Object{{"method", clean_text(score.method)}, {"score", clean_text(score.score)}});
  }
  json::Object out{{"id", clean_text(item.id)}, {"severity", std::move(severity)}};
  json::Array annotations;
  for (const auto& [key, value] : item.annotations) {
    json::Object pair;
    pair.set(clean_text(key), clean_text(value));
    annotations.emplace_back(std::move(pair));
  }
  if (!annotations.empty()) out.set("annotations", std::move(annotations));
  return out;
}

// "production-eu" → "SLUICE_STAGE_PRODUCTION_EU"
[[nodiscard]] std::string stage_property(std::string_view stage) {
  std::string out = "SLUICE_STAGE_";
  for (const char c : stage) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool keep = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += lower ? static_cast<char>(c - 'a' + 'A') : (keep ? c : '_');
  }
  return out;
}

}  // namespace

Result<json::Object> spdx_predicate(BytesView document) {
  return sbom(document, predicate::k_spdx);
}

Result<json::Object> cyclonedx_predicate(BytesView document) {
  return sbom(document, predicate::k_cyclonedx);
}

Result<json::Object> vulns_predicate(const VulnsInput& input) {
  SLUICE_CHECK(need_time(input.database_updated, "the database's last update"));
  SLUICE_CHECK(need_time(input.started_on, "the scan's start"));
  SLUICE_CHECK(need_time(input.finished_on, "the scan's end"));
  if (input.finished_on < input.started_on) {
    return fail(ErrorKind::invalid, "attest.predicate-time", "the scan ends before it begins");
  }
  json::Array result;
  for (const Vulnerability& item : input.vulnerabilities) {
    if (item.severity.empty()) {
      return fail(ErrorKind::invalid, "attest.predicate-shape",
                  "the vulnerability " + clean_text(item.id) + " has no severity");
    }
    result.emplace_back(vulnerability_json(item));
  }
  json::Object database;
  if (!input.database_uri.empty()) database.set("uri", clean_text(input.database_uri));
  if (!input.database_version.empty()) database.set("version", clean_text(input.database_version));
  database.set("lastUpdate", format_time(input.database_updated));
  json::Object scanner{{"uri", clean_text(input.scanner_uri)}};
  if (!input.scanner_version.empty()) scanner.set("version", clean_text(input.scanner_version));
  scanner.set("db", std::move(database));
  scanner.set("result", std::move(result));
  return checked(
      predicate::k_vulns,
      json::Object{{"scanner", std::move(scanner)},
                   {"metadata", json::Object{{"scanStartedOn", format_time(input.started_on)},
                                             {"scanFinishedOn", format_time(input.finished_on)}}}});
}

Result<json::Object> svr_predicate(const SvrInput& input) {
  SLUICE_CHECK(need_time(input.time, "the verification"));
  json::Array policies;
  for (const PolicyReference& policy : input.policies) {
    json::Object item{{"uri", clean_text(policy.uri)}};
    if (!policy.digest.empty()) {
      SLUICE_CHECK(check_digest_set(policy.digest));
      item.set("digest", digest_json(policy.digest));
    }
    policies.emplace_back(std::move(item));
  }
  json::Array properties;
  for (const std::string& property :
       std::set<std::string>(input.properties.begin(), input.properties.end())) {
    if (property.empty())
      return fail(ErrorKind::invalid, "attest.predicate-shape", "a verified property has no name");
    properties.emplace_back(clean_text(property));
  }
  return checked(
      predicate::k_svr,
      json::Object{{"verifier", json::Object{{"id", input.verifier_id}, {"policies", std::move(policies)}}},
                   {"timeCreated", format_time(input.time)},
                   {"properties", std::move(properties)}});
}

Result<json::Object> svr_predicate(const VerdictInput& input) {
  SLUICE_TRY(verdict_predicate(input));  // the same demands on levels and inputs
  SvrInput out;
  out.verifier_id = input.verifier_id;
  out.time = SLUICE_TRY(parse_time(input.verdict.time));
  PolicyReference policy{input.verdict.policy_path, {}};
  if (!input.verdict.policy_sha256.empty()) policy.digest.emplace("sha256", input.verdict.policy_sha256);
  if (!policy.uri.empty()) out.policies.push_back(std::move(policy));
  if (input.verdict.outcome == Outcome::allow) {
    out.properties = input.levels;
    out.properties.push_back(stage_property(input.verdict.stage));
  }
  return svr_predicate(out);
}

Result<json::Object> release_predicate(std::string_view purl, std::string_view package_id) {
  // pkg:TYPE/[NAMESPACE/]NAME@VERSION[?qualifiers][#subpath]; the version is optional in a package URL, not
  // in a release.
  const std::string_view path = purl.substr(0, purl.find_first_of("?#"));
  const auto slash = path.find('/');
  const auto at = path.rfind('@');
  const bool right = path.starts_with("pkg:") && slash != std::string_view::npos && slash > 4 &&
                     at != std::string_view::npos && at > slash + 1 && at + 1 < path.size() &&
                     std::none_of(purl.begin(), purl.end(), [](char c) { return c <= ' ' || c >= 0x7f; });
  if (!right) {
    return fail(ErrorKind::invalid, "attest.purl",
                "\"" + clean_text(purl) + "\" is no package URL with a version",
                "write it as pkg:npm/name@1.2.3");
  }
  json::Object out{{"purl", clean_text(purl)}};
  if (!package_id.empty()) out.set("packageId", clean_text(package_id));
  return checked(predicate::k_release, std::move(out));
}

Result<json::Object> link_predicate(const LinkInput& input) {
  if (input.materials.size() > k_max_link_items) {
    return fail(ErrorKind::limit, "attest.predicate-limit",
                "the step has more than " + std::to_string(k_max_link_items) + " materials");
  }
  json::Array command;
  for (const std::string& word : input.command) command.emplace_back(clean_text(word));
  std::set<std::string_view> names;
  json::Array materials;
  for (const Material& material : input.materials) {
    if (material.name.empty() || !names.insert(material.name).second) {
      return fail(
          ErrorKind::invalid, "attest.link-material",
          "a material has no name, or the name of another one: \"" + clean_text(material.name) + "\"");
    }
    SLUICE_CHECK(check_digest_set(material.digest));
    materials.emplace_back(
        json::Object{{"name", clean_text(material.name)}, {"digest", digest_json(material.digest)}});
  }
  return checked(predicate::k_link, json::Object{{"name", clean_text(input.name)},
                                                 {"command", std::move(command)},
                                                 {"materials", std::move(materials)},
                                                 {"byproducts", input.byproducts},
                                                 {"environment", input.environment}});
}

}  // namespace sluice::attest

#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/predicate_shape.h"
#include "attest/standard_predicates.h"
#include "attest/statement.h"
#include "base/effects.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

const std::string k_spdx_text =
    R"({"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"app",)"
    R"("documentNamespace":"https://example.com/app-1","creationInfo":{"created":"2026-01-01T00:00:00Z",)"
    R"("creators":["Tool: t"]},"packages":[{"SPDXID":"SPDXRef-a","name":"a","downloadLocation":"NOASSERTION"}]})";
const std::string k_cyclonedx_text =
    R"({"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{"type":"library","name":"a"}]})";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

VulnsInput vulns() {
  VulnsInput in;
  in.scanner_uri = "https://sluice.dev/scanner";
  in.database_updated = parse_time("2026-01-01T00:00:00Z").value();
  in.started_on = parse_time("2026-01-02T00:00:00Z").value();
  in.finished_on = parse_time("2026-01-02T00:00:05Z").value();
  return in;
}

}  // namespace

TEST_CASE("a bill of materials becomes the predicate unchanged, if it is what its type says") {
  const auto spdx = spdx_predicate(k_spdx_text);
  REQUIRE(spdx);
  CHECK(json::write(*spdx) == k_spdx_text);
  const auto cyclonedx = cyclonedx_predicate(k_cyclonedx_text);
  REQUIRE(cyclonedx);
  CHECK(json::write(*cyclonedx) == k_cyclonedx_text);
  CHECK(code(spdx_predicate(k_cyclonedx_text)) == "attest.predicate-shape");
  CHECK(code(cyclonedx_predicate(k_spdx_text)) == "attest.predicate-shape");
}

TEST_CASE("a bill of materials that breaks its own format is not signed") {
  CHECK(code(spdx_predicate(replaced(k_spdx_text, "SPDX-2.3", "SPDX-2.2"))) == "attest.predicate-shape");
  CHECK(code(spdx_predicate(replaced(k_spdx_text, R"("name":"a",)", ""))) == "attest.predicate-shape");
  CHECK(code(spdx_predicate(replaced(k_spdx_text, "2026-01-01T00:00:00Z", "yesterday"))) ==
        "attest.predicate-shape");
  CHECK(code(spdx_predicate(replaced(k_spdx_text, R"(["Tool: t"])", R"([1])"))) == "attest.predicate-shape");
  CHECK(code(spdx_predicate(replaced(k_spdx_text, R"("name":"app")", R"("name":"app","name":"b")"))) ==
        "json.duplicate-key");
  CHECK(code(cyclonedx_predicate(replaced(k_cyclonedx_text, "1.6", "9.9"))) == "attest.predicate-shape");
  CHECK(code(cyclonedx_predicate(replaced(k_cyclonedx_text, R"("type":"library",)", ""))) ==
        "attest.predicate-shape");
  CHECK(code(cyclonedx_predicate("[]")) == "attest.predicate-shape");
  CHECK(code(spdx_predicate(std::string(k_max_sbom_bytes + 1, ' '))) == "attest.sbom-size");
}

TEST_CASE("a vulnerability report says what looked, with which database, and when") {
  VulnsInput in = vulns();
  in.vulnerabilities = {{"CVE-2026-1", {{"severity", "high"}}, {{"package", "zlib"}}}};
  const auto made = vulns_predicate(in);
  REQUIRE(made);
  CHECK(json::write(*made) ==
        R"({"scanner":{"uri":"https://sluice.dev/scanner","db":{"lastUpdate":"2026-01-01T00:00:00Z"},)"
        R"("result":[{"id":"CVE-2026-1","severity":[{"method":"severity","score":"high"}],)"
        R"("annotations":[{"package":"zlib"}]}]},"metadata":{"scanStartedOn":"2026-01-02T00:00:00Z",)"
        R"("scanFinishedOn":"2026-01-02T00:00:05Z"}})");

  in.vulnerabilities[0].severity.clear();
  CHECK(code(vulns_predicate(in)) == "attest.predicate-shape");
  in = vulns();
  in.database_updated = {};
  CHECK(code(vulns_predicate(in)) == "attest.predicate-time");
  in = vulns();
  in.finished_on = in.started_on - std::chrono::seconds(1);
  CHECK(code(vulns_predicate(in)) == "attest.predicate-time");
  in = vulns();
  in.scanner_uri = "no scheme";
  CHECK(code(vulns_predicate(in)) == "attest.predicate-shape");
}

TEST_CASE("a verdict that does not allow has verified no property") {
  Verdict verdict;
  verdict.stage = "production-eu";
  verdict.policy_path = "sluice.yaml";
  verdict.policy_sha256 = std::string(64, 'a');
  verdict.time = "2026-01-02T00:00:00Z";
  VerdictInput in{verdict, "registry.example/app", {}, {"SLSA_BUILD_LEVEL_1"}, "1"};
  verdict.outcome = Outcome::deny;
  CHECK(json::write(svr_predicate(in).value()).ends_with(R"("properties":[]})"));
  verdict.outcome = Outcome::allow;
  CHECK(json::write(svr_predicate(in).value())
            .ends_with(R"("properties":["SLSA_BUILD_LEVEL_1","SLUICE_STAGE_PRODUCTION_EU"]})"));
}

TEST_CASE("a simple verification result always lists its policies, even when there are none") {
  SvrInput in;
  in.time = parse_time("2026-01-02T00:00:00Z").value();
  const json::Value made(svr_predicate(in).value());
  CHECK(made.find("verifier")->find("policies")->as_array()->empty());
  in.time = {};
  CHECK(code(svr_predicate(in)) == "attest.predicate-time");
}

TEST_CASE("a release names one version of a package") {
  CHECK(release_predicate("pkg:npm/%40angular/http@7.2.16"));
  CHECK(release_predicate("pkg:oci/app@sha256%3Aabc?repository_url=r.example/app"));
  for (const char* bad : {"", "pkg:npm/http", "npm/http@1", "pkg:/http@1", "pkg:npm/@1", "pkg:npm/http@",
                          "pkg:npm/ht tp@1", "pkg:npm/http?x=@1"}) {
    CAPTURE(bad);
    CHECK(code(release_predicate(bad)) == "attest.purl");
  }
}

TEST_CASE("a link's materials have unique names and digests") {
  LinkInput in;
  in.name = "build";
  in.command = {"make", "--token=ghp_" + std::string(36, 'a')};
  in.materials = {{"a.c", {{"sha256", std::string(64, '0')}}}};
  const auto made = link_predicate(in);
  REQUIRE(made);
  CHECK(json::write(*made).find("ghp_") == std::string::npos);
  in.materials.push_back(in.materials[0]);
  CHECK(code(link_predicate(in)) == "attest.link-material");
  in.materials = {{"a.c", {}}};
  CHECK(code(link_predicate(in)) == "attest.digest-empty");
  in.materials = {};
  in.name = "";
  CHECK(code(link_predicate(in)) == "attest.predicate-shape");
}

TEST_CASE("a predicate of a known type without what the type demands is refused") {
  const auto shape = [](std::string_view type, std::string_view text) {
    const auto value = json::parse(text, "predicate");
    REQUIRE(value);
    const Status status = check_predicate(type, *value);
    return status ? std::string("ok") : status.error().code;
  };
  const std::string bad = "attest.predicate-shape";
  CHECK(shape(predicate::k_provenance, "{}") == bad);
  CHECK(shape(predicate::k_provenance,
              R"({"buildDefinition":{"buildType":"https://t","externalParameters":{}},)"
              R"("runDetails":{"builder":{"id":"https://b"}}})") == "ok");
  CHECK(shape(predicate::k_provenance,
              R"({"buildDefinition":{"buildType":"https://t","externalParameters":[]},)"
              R"("runDetails":{"builder":{"id":"https://b"}}})") == bad);
  CHECK(
      shape(
          predicate::k_provenance,
          R"({"buildDefinition":{"buildType":"https://t","externalParameters":{},)"
          R"("resolvedDependencies":[{"digest":{"sha256":"ABC"}}]},"runDetails":{"builder":{"id":"https://b"}}})") ==
      bad);
  CHECK(shape(predicate::k_verdict,
              R"({"verifier":{"id":"https://v"},"resourceUri":"r","policy":{"uri":"p"},)"
              R"("verificationResult":"passed","verifiedLevels":[]})") == bad);
  CHECK(shape(predicate::k_test_result, R"({"result":"OK","configuration":[]})") == bad);
  CHECK(shape(predicate_type_of("publish"), R"({"name":"semver"})") == bad);
  CHECK(shape("https://example.com/unknown/v1", "{}") == "ok");
}

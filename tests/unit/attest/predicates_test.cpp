#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/predicates.h"
#include "base/effects.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

const json::Value& at(const json::Value& value, std::initializer_list<std::string_view> path) {
  const json::Value* found = &value;
  for (const std::string_view key : path) {
    found = found->find(key);
    REQUIRE_MESSAGE(found != nullptr, std::string(key));
  }
  return *found;
}

std::string text(const json::Value& value, std::initializer_list<std::string_view> path) {
  const json::Value& found = at(value, path);
  REQUIRE(found.as_string() != nullptr);
  return *found.as_string();
}

ProvenanceInput provenance_input() {
  ProvenanceInput input;
  input.source.commit = std::string(40, '1');
  input.source.tree = std::string(40, '2');
  input.source.branch = "refs/heads/main";
  input.source.remote = "git@Example.com:acme/app.git";
  input.source.root = "/home/someone/private/path";
  input.ci.kind = CiKind::gitlab;
  input.ci.fields = {{"actor", "someone", Origin::env},
                     {"repository", "https://evil.example.com/fork", Origin::env},
                     {"run_url", "https://ci.example.com/runs/7", Origin::oidc}};
  input.builder_id = "https://ci.example.com/builders/linux";
  input.tool_version = "1.2.3";
  input.started_on = parse_time("2026-11-23T20:00:00Z").value();
  input.finished_on = parse_time("2026-11-23T20:00:05Z").value();
  return input;
}

}  // namespace

TEST_CASE("provenance names the source by what git shows, not by what the environment claims") {
  const json::Value predicate = provenance_predicate(provenance_input()).value();
  CHECK(text(predicate, {"buildDefinition", "buildType"}) == predicate::k_build_type);
  CHECK(text(predicate, {"buildDefinition", "externalParameters", "source", "repository"}) ==
        "ssh://example.com/acme/app");
  CHECK(text(predicate, {"buildDefinition", "externalParameters", "source", "ref"}) == "refs/heads/main");
  CHECK(text(predicate, {"buildDefinition", "internalParameters", "origin",
                         "externalParameters.source.repository"}) == "observed");
  CHECK(text(predicate, {"buildDefinition", "internalParameters", "origin", "internalParameters.ci.actor"}) ==
        "env");
  CHECK(text(predicate,
             {"buildDefinition", "internalParameters", "origin", "internalParameters.ci.run_url"}) == "oidc");
  CHECK(text(predicate, {"runDetails", "builder", "id"}) == "https://ci.example.com/builders/linux");
  CHECK(text(predicate, {"runDetails", "metadata", "invocationId"}) == "https://ci.example.com/runs/7");
  CHECK(text(predicate, {"runDetails", "metadata", "startedOn"}) == "2026-11-23T20:00:00Z");
  const json::Value& source = at(predicate, {"buildDefinition", "resolvedDependencies"}).as_array()->at(0);
  CHECK(text(source, {"uri"}) == "git+ssh://example.com/acme/app@refs/heads/main");
  CHECK(text(source, {"digest", "gitCommit"}) == std::string(40, '1'));
  CHECK(source.find("annotations") == nullptr);
  // The path of the work tree is nobody's business.
  CHECK(json::write(predicate).find("/home/someone") == std::string::npos);
}

TEST_CASE("provenance says that it is of level 1, and why") {
  const json::Value predicate = provenance_predicate(provenance_input()).value();
  CHECK(at(predicate, {"buildDefinition", "internalParameters", "level", "slsaBuildLevel"}) ==
        json::Value(1));
}

TEST_CASE("a dirty tree is said where the commit is named") {
  ProvenanceInput input = provenance_input();
  input.source.dirty = true;
  input.source.dirty_paths = {"a b.c"};
  const json::Value predicate = provenance_predicate(input).value();
  const json::Value& source = at(predicate, {"buildDefinition", "resolvedDependencies"}).as_array()->at(0);
  CHECK(at(source, {"annotations", "dirty"}) == json::Value(true));
  CHECK(at(predicate, {"buildDefinition", "internalParameters", "source", "dirty"}) == json::Value(true));
}

TEST_CASE("without git the environment's claims stand with their origin") {
  ProvenanceInput input = provenance_input();
  input.source = {};
  const json::Value predicate = provenance_predicate(input).value();
  CHECK(text(predicate, {"buildDefinition", "externalParameters", "source", "repository"}) ==
        "https://evil.example.com/fork");
  CHECK(text(predicate, {"buildDefinition", "internalParameters", "origin",
                         "externalParameters.source.repository"}) == "env");
  CHECK(at(predicate, {"buildDefinition", "resolvedDependencies"}).as_array()->empty());
}

TEST_CASE("credentials in remotes and fields never reach the predicate") {
  ProvenanceInput input = provenance_input();
  input.source.remote = "https://bot:hunter22@example.com/acme/app.git?token=abcdefgh";
  input.source.submodules = {
      {"lib", "https://x:ghp_" + std::string(36, 'x') + "@example.com/lib", std::string(40, '3'), false}};
  input.ci.fields.push_back({"runner", "glpat-" + std::string(20, 'x'), Origin::env});
  const std::string written = json::write(json::Value(provenance_predicate(input).value()));
  for (const char* secret : {"hunter22", "ghp_", "glpat-", "abcdefgh"})
    CHECK(written.find(secret) == std::string::npos);
}

TEST_CASE("a builder id is needed, and a wrong dependency digest is refused") {
  ProvenanceInput input = provenance_input();
  input.builder_id = "me";
  CHECK(provenance_predicate(input).error().code == "attest.builder-id");
  input = provenance_input();
  input.dependencies = {{"base", "pkg:docker/debian", {{"sha256", "ABC"}}}};
  CHECK(provenance_predicate(input).error().code == "attest.digest-form");
}

TEST_CASE("repositories have one canonical spelling") {
  const struct {
    const char* url;
    const char* canonical;
  } cases[] = {
      {"git@GitHub.com:o/r.git", "ssh://github.com/o/r"},
      {"ssh://git@github.com/o/r.git", "ssh://github.com/o/r"},
      {"https://user:pw@GitHub.com/O/r.git/", "https://github.com/O/r.git"},
      {"https://github.com/o/r", "https://github.com/o/r"},
      {"HTTPS://github.com/o/r.git", "https://github.com/o/r"},
      {"https://host:8443/o/r?x=y#z", "https://host:8443/o/r"},
      {"host:/abs/r.git", "ssh://host/abs/r"},
      {"/srv/git/r.git", "/srv/git/r.git"},
      {"./a:b", "./a:b"},
      {"", ""},
  };
  for (const auto& item : cases) {
    CAPTURE(item.url);
    if (std::string_view(item.url).ends_with(".git/")) continue;
    CHECK(canonical_repository(item.url) == item.canonical);
    CHECK(canonical_repository(canonical_repository(item.url)) == item.canonical);
  }
}

TEST_CASE("a scan with gaps is incomplete, not clean") {
  Report report;
  report.tool_version = "1.2.3";
  report.coverage = {{"a.py", "python", CoverageStatus::analysed, ""},
                     {"b.py", "python", CoverageStatus::failed, "deadline"}};
  json::Value predicate = scan_predicate({report, {}, {}});
  CHECK(text(predicate, {"result"}) == "incomplete");
  CHECK(at(predicate, {"analysed", "python"}) == json::Value(1));
  CHECK(at(predicate, {"gaps"}).as_array()->size() == 1);

  report.coverage.pop_back();
  CHECK(text(json::Value(scan_predicate({report, {}, {}})), {"result"}) == "clean");

  Finding finding;
  finding.rule = "r";
  finding.severity = Severity::high;
  finding.path = "a\xFF.py";
  finding.message = "found ghp_" + std::string(36, 'x');
  report.findings = {finding};
  predicate = scan_predicate({report, {}, {}});
  CHECK(text(predicate, {"result"}) == "findings");
  CHECK(at(predicate, {"summary", "findings", "high"}) == json::Value(1));
  // A finding about a token must not carry the token into signed evidence.
  CHECK(text(at(predicate, {"findings"}).as_array()->at(0), {"message"}) == "found [redacted:github-token]");
  CHECK(text(at(predicate, {"findings"}).as_array()->at(0), {"path"}) == "a\xEF\xBF\xBD.py");

  report.findings[0].status = FindingStatus::suppressed;
  CHECK(text(json::Value(scan_predicate({report, {}, {}})), {"result"}) == "clean");
}

TEST_CASE("a test that could not judge never counts as passed") {
  TestReport report;
  report.spec_path = "tests.yaml";
  report.spec_sha256 = std::string(64, 'a');
  report.tier = "userns";
  const auto result = [&] { return text(json::Value(test_result_predicate(report, "1")), {"result"}); };
  CHECK(result() == "FAILED");
  report.cases = {{"a", "command", TestStatus::passed, "", "", {}}};
  CHECK(result() == "PASSED");
  report.cases.push_back({"b", "command", TestStatus::skipped, "no network", "", {}});
  CHECK(result() == "WARNED");
  report.cases.push_back({"c", "command", TestStatus::error, "no sandbox", "", {}});
  CHECK(result() == "FAILED");
  const json::Value predicate = test_result_predicate(report, "1");
  CHECK(at(predicate, {"passedTests"}).as_array()->size() == 1);
  CHECK(text(at(predicate, {"sluice_cases"}).as_array()->at(2), {"status"}) == to_string(TestStatus::error));
  CHECK(text(at(predicate, {"configuration"}).as_array()->at(0), {"digest", "sha256"}) ==
        std::string(64, 'a'));
}

TEST_CASE("a summary says PASSED for allow only, and lists all evidence once") {
  Verdict verdict;
  verdict.stage = "staging";
  verdict.policy_path = "sluice.yaml";
  verdict.policy_sha256 = std::string(64, 'b');
  verdict.time = "2026-11-23T20:00:00Z";
  const std::string one = "sha256:" + std::string(64, '1');
  const std::string two = "sha256:" + std::string(64, '2');
  verdict.reasons = {{"tests", ControlStatus::pass, "ok", "", {one, two}}};
  const auto make = [&](Outcome outcome) {
    verdict.outcome = outcome;
    return json::Value(
        verdict_predicate({verdict, "oci://registry/app", {one}, {"SLSA_BUILD_LEVEL_1"}, "1"}).value());
  };
  const json::Value passed = make(Outcome::allow);
  CHECK(text(passed, {"verificationResult"}) == "PASSED");
  CHECK(at(passed, {"verifiedLevels"}).as_array()->size() == 1);
  CHECK(at(passed, {"inputAttestations"}).as_array()->size() == 2);
  for (const Outcome outcome : {Outcome::deny, Outcome::indeterminate, Outcome::waiting}) {
    const json::Value failed = make(outcome);
    CHECK(text(failed, {"verificationResult"}) == "FAILED");
    CHECK(at(failed, {"verifiedLevels"}).as_array()->empty());
  }
}

TEST_CASE("a summary with a made-up level, no resource or a wrong digest is refused") {
  const Verdict verdict;
  const auto code = [&](std::string uri, std::vector<std::string> inputs, std::vector<std::string> levels) {
    const auto made = verdict_predicate({verdict, std::move(uri), std::move(inputs), std::move(levels), "1"});
    return made ? std::string() : made.error().code;
  };
  CHECK(code("", {}, {}) == "attest.resource-uri");
  CHECK(code("u:r", {}, {"SLSA_LEVEL_3"}) == "attest.level");
  CHECK(code("u:r", {}, {"SLSA_BUILD_LEVEL_33"}) == "attest.level");
  CHECK(code("u:r", {}, {""}) == "attest.level");
  CHECK(code("u:r", {}, {"SLSA_SOURCE_LEVEL_UNEVALUATED", "ACME_GATE"}).empty());
  CHECK_FALSE(code("u:r", {"sha256:abc"}, {}).empty());
}

#include <ostream>

#include <doctest/doctest.h>

#include "policy/evaluate.h"
#include "policy/select.h"
#include "sluice/predicates.h"

using namespace sluice;
using namespace sluice::policy;
using json::Array;
using json::Object;
using json::Value;

namespace {

constexpr std::chrono::sys_seconds k_now{std::chrono::seconds{1'800'000'000}};
const Subject k_image{SubjectKind::image, "app", {{"sha256", std::string(64, 'a')}}};
const Subject k_tree{
    SubjectKind::tree, "app", {{"gitTree", std::string(40, 'b')}, {"gitCommit", std::string(40, 'c')}}};

Stage stage_of(std::string_view require) {
  const std::string text = "- name: staging\n  require:\n" + std::string(require);
  const auto node = yaml::parse_one(text, "sluice.yaml");
  REQUIRE_MESSAGE(node.has_value(), to_string(node.error()));
  const decode::Document document(text, "sluice.yaml");
  auto stages = decode_stages(document, *node);
  REQUIRE_MESSAGE(stages.has_value(), to_string(stages.error()));
  return stages->front();
}

EvidenceFact piece(std::string_view type, Subject subject, Value predicate, std::string role) {
  EvidenceFact out;
  out.digest = "sha256:" + std::string(64, '1');
  out.predicate_type = type;
  out.subjects = {std::move(subject)};
  out.predicate = std::move(predicate);
  out.signature = {true, "k", "pipeline", {std::move(role)}, "https://ci.example/builder", 1, ""};
  out.time = k_now - std::chrono::hours{1};
  return out;
}

Value scan_of(std::vector<std::string> severities, std::string coverage_status = "analysed") {
  Array findings;
  for (const std::string& severity : severities) {
    findings.push_back(
        Object{{"rule", "r"}, {"severity", severity}, {"path", "a.py"}, {"line", 3}, {"status", "new"}});
  }
  return Object{{"findings", findings},
                {"analysed", coverage_status == "analysed" ? Object{{"dockerfile", 1}} : Object{}},
                {"gaps", coverage_status == "analysed" ? Array{}
                                                       : Array{Object{{"path", "Dockerfile"},
                                                                      {"analyser", "dockerfile"},
                                                                      {"status", coverage_status},
                                                                      {"reason", "deadline"}}}}};
}

Value provenance_of(bool dirty = false) {
  return Object{
      {"buildDefinition",
       Object{
           {"buildType", predicate::k_build_type},
           {"externalParameters", Object{{"source", Object{{"repository", "https://git.example/app"},
                                                           {"ref", "refs/heads/main"}}}}},
           {"internalParameters", Object{{"source", Object{{"dirty", dirty}}}}},
           {"resolvedDependencies", Array{Object{{"uri", "git+https://git.example/app@refs/heads/main"},
                                                 {"digest", Object{{"gitCommit", std::string(40, 'c')}}}}}}}},
      {"runDetails", Object{{"builder", Object{{"id", "https://ci.example/builder"}}}}}};
}

Verdict judge(const Stage& stage, std::vector<EvidenceFact> evidence) {
  const Policy policy{{stage}, "sluice.yaml", std::string(64, '0')};
  return evaluate(policy, stage, {{k_image, k_tree}, std::move(evidence), {}, k_now});
}

Outcome outcome(std::string_view require, std::vector<EvidenceFact> evidence) {
  return judge(stage_of(require), std::move(evidence)).outcome;
}

constexpr std::string_view k_findings = "    findings: {max: {high: 0}, max_age: 24h}\n";
constexpr std::string_view k_tests = "    tests: {}\n";
constexpr std::string_view k_provenance =
    "    provenance: {repository: 'https://git.example/app', branch: main, builder: "
    "'https://ci.example/builder'}\n";

Value tests_of(std::string result, Array passed, Array failed, Array not_judged = {}) {
  Array cases;
  for (const Value& name : passed) cases.push_back(Object{{"name", name}, {"status", "passed"}});
  for (const Value& name : failed) cases.push_back(Object{{"name", name}, {"status", "failed"}});
  for (const Value& name : not_judged) {
    cases.push_back(Object{{"name", name}, {"status", "error"}});
    failed.push_back(name);
  }
  return Object{{"result", std::move(result)},
                {"passedTests", passed},
                {"failedTests", failed},
                {"sluice_cases", cases}};
}

}  // namespace

TEST_CASE("findings within the limit are allowed, over it denied") {
  CHECK(outcome(k_findings, {piece(predicate::k_scan, k_tree, scan_of({"medium", "low"}), "scanner")}) ==
        Outcome::allow);
  CHECK(outcome(k_findings, {piece(predicate::k_scan, k_tree, scan_of({"high"}), "scanner")}) ==
        Outcome::deny);
}

TEST_CASE("suppressed findings do not count, unknown severities make the result unreadable") {
  Value scan = scan_of({"high"});
  scan.as_object()->find("findings")->as_array()->front().as_object()->set("status", "suppressed");
  CHECK(outcome(k_findings, {piece(predicate::k_scan, k_tree, scan, "scanner")}) == Outcome::allow);
  CHECK(outcome(k_findings, {piece(predicate::k_scan, k_tree, scan_of({"grave"}), "scanner")}) ==
        Outcome::indeterminate);
}

TEST_CASE(
    "evidence that is missing, unsigned, stale, from the future, of another role or subject never passes") {
  EvidenceFact good = piece(predicate::k_scan, k_tree, scan_of({}), "scanner");
  REQUIRE(outcome(k_findings, {good}) == Outcome::allow);
  CHECK(outcome(k_findings, {}) == Outcome::indeterminate);
  SUBCASE("unsigned") {
    good.signature.verified = false;
  }
  SUBCASE("stale") {
    good.time = k_now - std::chrono::hours{25};
  }
  SUBCASE("future") {
    good.time = k_now + std::chrono::minutes{6};
  }
  SUBCASE("no time though max_age is set") {
    good.time = {};
  }
  SUBCASE("role") {
    good.signature.roles = {"builder"};
  }
  SUBCASE("another tree") {
    good.subjects.front().digest["gitTree"] = std::string(40, 'd');
  }
  SUBCASE("another type") {
    good.predicate_type = "https://example.com/other";
  }
  SUBCASE("no digest in common") {
    good.subjects.front().digest = {{"sha1", std::string(40, 'b')}};
  }
  SUBCASE("about the image, not the tree") {
    good.subjects = {k_image};
  }
  CHECK(outcome(k_findings, {good}) == Outcome::indeterminate);
}

TEST_CASE("an older clean result does not hide a newer bad one") {
  EvidenceFact old_clean = piece(predicate::k_scan, k_tree, scan_of({}), "scanner");
  EvidenceFact new_bad = piece(predicate::k_scan, k_tree, scan_of({"high"}), "scanner");
  old_clean.time -= std::chrono::hours{2};
  CHECK(outcome(k_findings, {old_clean, new_bad}) == Outcome::deny);
  old_clean.time = new_bad.time;
  CHECK(outcome(k_findings, {old_clean, new_bad}) == Outcome::deny);
}

TEST_CASE("a file that was not analysed is unknown, and a required analyser must have run") {
  constexpr std::string_view require = "    coverage: {analysers: [dockerfile]}\n";
  CHECK(outcome(require, {piece(predicate::k_scan, k_tree, scan_of({}), "scanner")}) == Outcome::allow);
  CHECK(outcome(require, {piece(predicate::k_scan, k_tree, scan_of({}, "failed"), "scanner")}) ==
        Outcome::indeterminate);
  CHECK(outcome(require, {piece(predicate::k_scan, k_tree, scan_of({}, "skipped"), "scanner")}) ==
        Outcome::indeterminate);
  CHECK(outcome("    coverage: {}\n", {piece(predicate::k_scan, k_tree, scan_of({}, "odd"), "scanner")}) ==
        Outcome::indeterminate);
}

TEST_CASE("tests: only a PASSED result with enough passed tests is allowed") {
  const auto run = [](Value predicate) {
    return outcome(k_tests, {piece(predicate::k_test_result, k_image, std::move(predicate), "tester")});
  };
  CHECK(run(tests_of("PASSED", {"a"}, {})) == Outcome::allow);
  CHECK(run(tests_of("PASSED", {}, {})) == Outcome::deny);
  CHECK(run(tests_of("FAILED", {"a"}, {"b"})) == Outcome::deny);
  CHECK(run(tests_of("PASSED", {"a"}, {"b"})) == Outcome::deny);
  CHECK(run(tests_of("FAILED", {"a"}, {}, {"b"})) == Outcome::indeterminate);
  CHECK(run(tests_of("FAILED", {"a"}, {"b"}, {"c"})) == Outcome::deny);
  CHECK(run(Object{{"result", "WARNED"}, {"passedTests", Array{"a"}}, {"warnedTests", Array{"b"}}}) ==
        Outcome::indeterminate);
  CHECK(run(tests_of("FINE", {"a"}, {})) == Outcome::indeterminate);
  CHECK(run(Object{}) == Outcome::indeterminate);
}

TEST_CASE("provenance: builder, repository, branch, clean tree, commit and parameters must all hold") {
  const auto with = [](auto change) {
    EvidenceFact fact = piece(predicate::k_provenance, k_image, provenance_of(), "builder");
    change(fact);
    return outcome(k_provenance, {fact});
  };
  const auto definition = [](EvidenceFact& f) {
    return f.predicate.as_object()->find("buildDefinition")->as_object();
  };
  CHECK(with([](EvidenceFact&) {}) == Outcome::allow);
  CHECK(with([](EvidenceFact& f) { f.predicate = provenance_of(true); }) == Outcome::deny);
  CHECK(with([](EvidenceFact& f) { f.signature.builder = "https://other.example"; }) == Outcome::deny);
  CHECK(with([](EvidenceFact& f) { f.signature.builder.clear(); }) == Outcome::deny);
  CHECK(with([&](EvidenceFact& f) { definition(f)->set("buildType", "https://other.example"); }) ==
        Outcome::deny);
  CHECK(with([&](EvidenceFact& f) { definition(f)->set("resolvedDependencies", Array{}); }) == Outcome::deny);
  CHECK(with([&](EvidenceFact& f) {
          definition(f)->find("externalParameters")->as_object()->set("extra", true);
        }) == Outcome::deny);
  CHECK(with([&](EvidenceFact& f) {
          definition(f)
              ->find("externalParameters")
              ->as_object()
              ->find("source")
              ->as_object()
              ->set("ref", "refs/heads/dev");
        }) == Outcome::deny);
}

TEST_CASE("a key in the job never yields more than its own level, whatever the document says") {
  EvidenceFact fact = piece(predicate::k_provenance, k_image, provenance_of(), "builder");
  fact.predicate.as_object()->set("slsaLevel", 3);
  CHECK(outcome("    provenance: {min_level: 2}\n", {fact}) == Outcome::deny);
  fact.signature.max_level = 2;
  CHECK(outcome("    provenance: {min_level: 2}\n", {fact}) == Outcome::allow);
}

TEST_CASE("a stage can rest on an earlier stage's signed verdict") {
  const std::string text =
      "- name: staging\n  require: {tests: {}}\n- name: production\n  require: {verdict: {stage: staging}}\n";
  const auto node = yaml::parse_one(text, "s");
  REQUIRE(node.has_value());
  const decode::Document document(text, "s");
  const auto stages = decode_stages(document, *node);
  REQUIRE(stages.has_value());
  const auto with = [&](std::string result, std::string outcome_text, std::string stage) {
    return judge((*stages)[1], {piece(predicate::k_verdict, k_image,
                                      Object{{"verificationResult", result},
                                             {"sluice_outcome", outcome_text},
                                             {"sluice_stage", stage}},
                                      "gate")})
        .outcome;
  };
  CHECK(with("PASSED", "allow", "staging") == Outcome::allow);
  CHECK(with("FAILED", "deny", "staging") == Outcome::deny);
  CHECK(with("PASSED", "deny", "staging") == Outcome::deny);
  CHECK(with("PASSED", "allow", "other") == Outcome::indeterminate);
}

TEST_CASE("signature: some evidence about the image itself by the role") {
  CHECK(outcome("    signature: {signed_by: builder}\n",
                {piece(predicate::k_provenance, k_image, provenance_of(), "builder")}) == Outcome::allow);
  CHECK(outcome("    signature: {signed_by: builder}\n",
                {piece(predicate::k_scan, k_tree, scan_of({}), "builder")}) == Outcome::indeterminate);
}

TEST_CASE("unreadable evidence makes the verdict indeterminate, and nothing to judge too") {
  const Stage stage = stage_of(k_tests);
  const Policy policy{{stage}, "p", ""};
  const EvidenceFact good = piece(predicate::k_test_result, k_image, tests_of("PASSED", {"a"}, {}), "tester");
  CHECK(evaluate(policy, stage, {{k_image}, {good}, {"index.json: broken"}, k_now}).outcome ==
        Outcome::indeterminate);
  CHECK(evaluate(policy, stage, {{}, {good}, {}, k_now}).outcome == Outcome::indeterminate);
}

TEST_CASE("level warn shows a failing control and does not deny") {
  const Verdict verdict = judge(stage_of("    tests: {level: warn}\n"), {});
  CHECK(verdict.outcome == Outcome::allow);
  REQUIRE(verdict.reasons.size() == 1);
  CHECK(verdict.reasons[0].status == ControlStatus::warn);
}

TEST_CASE("every failing or unknown reason says what would make it pass") {
  for (const std::string_view require :
       {k_findings, k_tests, k_provenance, std::string_view("    coverage: {}\n"),
        std::string_view("    signature: {}\n")}) {
    for (const Reason& reason : judge(stage_of(require), {}).reasons) {
      CAPTURE(reason.control);
      CHECK_FALSE(reason.remedy.empty());
      CHECK_FALSE(reason.message.empty());
    }
  }
}

TEST_CASE("policy files are strict") {
  const auto code = [](std::string_view text) {
    const auto node = yaml::parse_one(text, "sluice.yaml");
    REQUIRE(node.has_value());
    const decode::Document document(text, "sluice.yaml");
    const auto stages = decode_stages(document, *node);
    return stages ? std::string("accepted") : stages.error().code;
  };
  CHECK(code("- name: a\n  require: {tests: {}}\n") == "accepted");
  CHECK(code("- name: a\n  require: {}\n") == "config.empty-stage");
  CHECK(code("- name: a\n  require: {test: {}}\n") == "config.unknown-key");
  CHECK(code("- name: a\n  require: {tests: {signed_by: ''}}\n") == "config.range");
  CHECK(code("- name: a\n  require: {findings: {max: {grave: 0}}}\n") == "config.unknown-key");
  CHECK(code("- name: a\n  require: {findings: {max: {high: -1}}}\n") == "config.range");
  CHECK(code("- name: a\n  require: {tests: {max_age: 72}}\n") != "accepted");
  CHECK(code("- name: a\n  require: {verdict: {stage: b}}\n") == "config.unknown-stage");
  CHECK(code("- name: a\n  require: {tests: {}}\n- name: a\n  require: {tests: {}}\n") ==
        "config.duplicate-stage");
  CHECK(code("[]\n") == "config.type");
}

TEST_CASE("subjects are the same only if a digest agrees and none disagrees") {
  const Subject a{SubjectKind::image, "", {{"sha256", "1"}, {"sha512", "2"}}};
  CHECK(same_subject(a, {SubjectKind::image, "other name", {{"sha256", "1"}}}));
  CHECK_FALSE(same_subject(a, {SubjectKind::image, "", {{"sha256", "1"}, {"sha512", "3"}}}));
  CHECK_FALSE(same_subject(a, {SubjectKind::image, "", {{"sha1", "1"}}}));
  CHECK_FALSE(same_subject(a, {SubjectKind::image, "", {}}));
}

namespace {

Value signature_of(std::string state, std::string signer = "dev@example.com") {
  return Object{
      {"state", std::move(state)}, {"verified", false}, {"signer", std::move(signer)}, {"problem", "why"}};
}

// Provenance whose source has these members, beside the usual ones.
Value source_of(Object source, Object origin = {}, Value identity = nullptr) {
  Value out = provenance_of();
  Object* internal =
      out.as_object()->find("buildDefinition")->as_object()->find("internalParameters")->as_object();
  source.set("dirty", false);
  internal->set("source", std::move(source));
  internal->set("origin", std::move(origin));
  if (!identity.is_null()) internal->set("identity", std::move(identity));
  return out;
}

Outcome commits(std::string_view control, Object source) {
  return outcome("    commits: {" + std::string(control) + "}\n",
                 {piece(predicate::k_provenance, k_image, source_of(std::move(source)), "builder")});
}

}  // namespace

TEST_CASE("a commit's signature: verified passes, unsigned and refused deny, everything else is unknown") {
  CHECK(commits("", Object{{"signature", signature_of("verified")}}) == Outcome::allow);
  CHECK(commits("", Object{{"signature", signature_of("unsigned")}}) == Outcome::deny);
  CHECK(commits("", Object{{"signature", signature_of("refused")}}) == Outcome::deny);
  for (const char* state : {"unknown", "not-asked", "", "Verified", "true"})
    CHECK(commits("", Object{{"signature", signature_of(state)}}) == Outcome::indeterminate);
  CHECK(commits("", Object{}) == Outcome::indeterminate);
  CHECK(outcome("    commits: {}\n", {}) == Outcome::indeterminate);
  // The document's own "verified" decides nothing.
  CHECK(commits("", Object{{"signature", Object{{"verified", true}}}}) == Outcome::indeterminate);
  CHECK(commits("signers: [dev@example.com]", Object{{"signature", signature_of("verified")}}) ==
        Outcome::allow);
  CHECK(commits("signers: [dev]", Object{{"signature", signature_of("verified")}}) == Outcome::deny);
}

TEST_CASE("the range is judged whole, and not at all if it does not reach its base") {
  const auto range = [](Array list, bool reaches = true) {
    return Object{{"signature", signature_of("verified")},
                  {"range", Object{{"reachesBase", reaches}, {"commits", std::move(list)}}}};
  };
  const Value good = Object{{"commit", "1"}, {"signature", signature_of("verified")}};
  const Value bad = Object{{"commit", "2"}, {"signature", signature_of("unsigned")}};
  const Value open = Object{{"commit", "3"}, {"signature", signature_of("unknown")}};
  CHECK(commits("verified: range", range({good, good})) == Outcome::allow);
  CHECK(commits("verified: range", range({})) == Outcome::allow);
  CHECK(commits("verified: range", range({good, bad, open})) == Outcome::deny);
  CHECK(commits("verified: range", range({good, open})) == Outcome::indeterminate);
  CHECK(commits("verified: range", range({good, Object{}})) == Outcome::indeterminate);
  CHECK(commits("verified: range", range({good}, false)) == Outcome::indeterminate);
  CHECK(commits("verified: range", Object{{"signature", signature_of("verified")}}) ==
        Outcome::indeterminate);
  CHECK(commits("max: 1", range({bad})) == Outcome::allow);  // only counted
  CHECK(commits("max: 1", range({bad, bad})) == Outcome::deny);
  CHECK(commits("max: 9", range({bad}, false)) == Outcome::indeterminate);
}

TEST_CASE("one verified tag is enough, none is not") {
  const auto tags = [](Array list) {
    return Object{{"signature", signature_of("verified")}, {"tags", std::move(list)}};
  };
  const auto tag = [](std::string state) {
    return Object{{"name", "t"}, {"signature", signature_of(std::move(state))}};
  };
  CHECK(commits("tag: true", tags({tag("unsigned"), tag("verified"), tag("unknown")})) == Outcome::allow);
  CHECK(commits("tag: true", tags({tag("unsigned"), tag("refused")})) == Outcome::deny);
  CHECK(commits("tag: true", tags({tag("unsigned"), tag("unknown")})) == Outcome::indeterminate);
  CHECK(commits("tag: true", tags({})) == Outcome::deny);
}

TEST_CASE("origin oidc: the token's own word, without conflict; no token is unknown") {
  const auto judged = [](Object origin, Value identity) {
    return outcome("    provenance: {origin: oidc}\n",
                   {piece(predicate::k_provenance, k_image,
                          source_of({}, std::move(origin), std::move(identity)), "builder")});
  };
  const Object good{{"externalParameters.source.repository", "oidc"},
                    {"externalParameters.source.ref", "oidc"},
                    {"resolvedDependencies.source", "oidc"}};
  const auto identity = [](std::string state, Array conflicts = {}) {
    return Value(Object{{"state", std::move(state)}, {"conflicts", std::move(conflicts)}});
  };
  CHECK(judged(good, identity("verified")) == Outcome::allow);
  CHECK(judged(good, identity("verified", {Object{{"field", "ref"}}})) == Outcome::deny);
  CHECK(judged(good, identity("failed")) == Outcome::indeterminate);
  CHECK(judged(good, identity("not-asked")) == Outcome::indeterminate);
  CHECK(judged(good, nullptr) == Outcome::indeterminate);
  Object weaker = good;
  weaker.set("resolvedDependencies.source", "observed");
  CHECK(judged(weaker, identity("verified")) == Outcome::deny);
  CHECK(judged({}, identity("verified")) == Outcome::deny);
}

TEST_CASE("the run under test: limits by severity; not watched, or with holes, is unknown") {
  const auto judged = [](std::vector<std::string> severities, bool observed, std::int64_t lost,
                         std::string status = "new") {
    Array findings;
    for (std::string& severity : severities)
      findings.push_back(
          Object{{"rule", "runtime.x"}, {"severity", std::move(severity)}, {"status", status}});
    const Object trace{{"sluice_observed", observed},
                       {"sluice_reason", "no ptrace here"},
                       {"sluice_losses", Object{{"files", lost}}},
                       {"sluice_findings", std::move(findings)}};
    return outcome("    runtime: {max: {high: 0, medium: 1}}\n",
                   {piece(predicate::k_runtime_trace, k_image, trace, "tester")});
  };
  CHECK(judged({"medium", "low", "low"}, true, 0) == Outcome::allow);
  CHECK(judged({"medium", "medium"}, true, 0) == Outcome::deny);
  CHECK(judged({"high"}, true, 0) == Outcome::deny);
  CHECK(judged({"high"}, true, 0, "suppressed") == Outcome::allow);
  CHECK(judged({"grave"}, true, 0) == Outcome::indeterminate);
  CHECK(judged({}, false, 0) == Outcome::indeterminate);
  CHECK(judged({}, true, 3) == Outcome::indeterminate);
  CHECK(judged({"high"}, true, 3) == Outcome::deny);
  CHECK(outcome("    runtime: {max: {}}\n", {}) == Outcome::indeterminate);
}

#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/claims.h"
#include "base/json.h"
#include "sluice/predicates.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

const std::string k_commit(40, '1');

VerifiedBundle bundle(const std::string& predicate, std::string_view type = predicate::k_provenance) {
  VerifiedBundle out;
  out.claims = {
      {"sourceRepositoryURI", "https://git.example.com/acme/app"},
      {"sourceRepositoryDigest", k_commit},
      {"sourceRepositoryRef", "refs/heads/main"},
      {"buildSignerURI", "https://git.example.com/acme/app/.ci/workflows/build.yml@refs/heads/main"}};
  out.statement =
      Statement{std::string(k_statement_v1), {}, std::string(type), json::parse(predicate, "p").value()};
  return out;
}

std::string provenance(const std::string& uri, const std::string& commit, const std::string& builder) {
  return R"({"buildDefinition":{"resolvedDependencies":[{"uri":"pkg:x"},{"uri":")" + uri +
         R"(","digest":{"gitCommit":")" + commit + R"("}}]},"runDetails":{"builder":{"id":")" + builder +
         R"("}}})";
}

std::string names(const std::vector<ClaimConflict>& conflicts) {
  std::string out;
  for (const ClaimConflict& item : conflicts) out += item.claim + " ";
  return out;
}

}  // namespace

TEST_CASE("a provenance that says what the certificate says has no conflict") {
  CHECK(names(claim_conflicts(bundle(
                  provenance("git+https://git.example.com/acme/app.git@refs/heads/main", k_commit,
                             "https://git.example.com/acme/app/.ci/workflows/build.yml@refs/heads/main"))))
            .empty());
  CHECK(names(claim_conflicts(bundle("{}"))).empty());
  // A kind of runner cannot be compared with a workflow.
  CHECK(names(claim_conflicts(bundle(provenance("git+https://git.example.com/acme/app", k_commit,
                                                "https://github.com/actions/runner/github-hosted"))))
            .empty());
}

TEST_CASE("each contradiction is named") {
  const std::string builder = "https://git.example.com/acme/app/.ci/workflows/build.yml@refs/heads/main";
  CHECK(names(claim_conflicts(bundle(provenance("git+https://git.example.com/evil/app@refs/heads/main",
                                                k_commit, builder)))) == "sourceRepositoryURI ");
  CHECK(names(claim_conflicts(bundle(provenance("git+https://git.example.com/acme/app@refs/heads/main",
                                                std::string(40, '2'), builder)))) ==
        "sourceRepositoryDigest ");
  CHECK(names(claim_conflicts(bundle(provenance("git+https://git.example.com/acme/app@refs/heads/dev",
                                                k_commit, builder)))) == "sourceRepositoryRef ");
  CHECK(names(claim_conflicts(bundle(
            provenance("git+https://git.example.com/acme/app@refs/heads/main", k_commit,
                       "https://git.example.com/other/ci/.ci/workflows/x.yml@v1")))) == "buildSignerURI ");
  CHECK(names(claim_conflicts(
            bundle(R"({"materials":[{"uri":"git+https://git.example.com/evil/app","digest":{"sha1":")" +
                       k_commit + R"("}}]})",
                   "https://slsa.dev/provenance/v0.2"))) == "sourceRepositoryURI ");
  CHECK(claim_conflicts(bundle("{}", "https://example.com/other/v1")).empty());
}

TEST_CASE("parameters outside of a known build type are reported") {
  const auto unknown = [](const std::string& type, const std::string& parameters) {
    return unknown_parameters(json::parse(R"({"buildDefinition":{"buildType":")" + type +
                                              R"(","externalParameters":)" + parameters + "}}",
                                          "p")
                                  .value());
  };
  CHECK(unknown(std::string(predicate::k_build_type), R"({"source":{},"workflow":"x"})")->empty());
  CHECK(*unknown(std::string(predicate::k_build_type), R"({"source":{},"Source":{},"":1})") ==
        std::vector<std::string>{"Source", ""});
  CHECK(*unknown("https://actions.github.io/buildtypes/workflow/v1", R"({"workflow":{},"inputs":{}})") ==
        std::vector<std::string>{"inputs"});
  CHECK_FALSE(unknown("https://example.com/unknown", "{}"));
  CHECK_FALSE(unknown_parameters(json::Value(json::Object{})));
}

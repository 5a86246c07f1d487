#include <ostream>

#include <doctest/doctest.h>

#include "ci/claims.h"
#include "ci/detect.h"

using namespace sluice;

namespace {

const std::string k_sha(40, 'a');

json::Value claims(std::string_view text) {
  return json::parse(text, "claims").value();
}

Origin origin_of(const CiIdentity& identity, std::string_view name) {
  for (const CiField& field : identity.fields) {
    if (field.name == name) return field.origin;
  }
  return Origin::observed;
}

}  // namespace

TEST_CASE("GitHub's token goes before the environment, and says where the two disagree") {
  CiIdentity identity = ci::detect({{"GITHUB_ACTIONS", "true"},
                                    {"GITHUB_REPOSITORY", "acme/other"},
                                    {"GITHUB_SERVER_URL", "https://github.com"},
                                    {"GITHUB_SHA", k_sha},
                                    {"GITHUB_REF", "refs/heads/main"},
                                    {"RUNNER_NAME", "r1"}});
  ci::apply_claims(
      claims(R"({"repository":"acme/app","repository_id":"7","sha":")" + k_sha +
             R"(","ref":"refs/heads/main","workflow_ref":"acme/app/.github/workflows/w.yml@refs/heads/main",
                             "run_id":"42","event_name":"push","runner_environment":"github-hosted"})"),
      "https://token.actions.githubusercontent.com", identity);
  CHECK(identity.token == TokenState::verified);
  CHECK(identity.get("repository_path") == "acme/app");
  CHECK(identity.get("repository") == "https://github.com/acme/app");
  CHECK(identity.get("run_id") == "42");
  CHECK(identity.get("workflow") == "acme/app/.github/workflows/w.yml@refs/heads/main");
  CHECK(origin_of(identity, "commit") == Origin::oidc);
  CHECK(origin_of(identity, "repository") == Origin::oidc);
  CHECK(origin_of(identity, "runner") == Origin::env);  // the token says nothing of it
  REQUIRE(identity.conflicts.size() == 2);
  CHECK(identity.conflicts[0].field == "repository");
  CHECK(identity.conflicts[1].field == "repository_path");
  CHECK(identity.conflicts[1].token == "acme/app");
  CHECK(identity.conflicts[1].other == "acme/other");
}

TEST_CASE("GitLab's token, with its ref put together") {
  CiIdentity identity;
  ci::apply_claims(
      claims(R"({"project_path":"acme/app","project_id":"7","sha":")" + k_sha +
             R"(","ref":"main","ref_type":"branch","pipeline_id":"9","pipeline_source":"push"})"),
      "https://gitlab.example", identity);
  CHECK(identity.get("ref") == "refs/heads/main");
  CHECK(identity.get("repository") == "https://gitlab.example/acme/app");
  CHECK(identity.get("run_id") == "9");
  CHECK(identity.conflicts.empty());
  CiIdentity tag;
  ci::apply_claims(claims(R"({"ref":"v1","ref_type":"tag"})"), "https://gitlab.example", tag);
  CHECK(tag.get("ref") == "refs/tags/v1");
}

TEST_CASE("claims that no sound value are left out") {
  CiIdentity identity;
  ci::apply_claims(
      claims(R"({"repository":["x"],"sha":"","ref":"a..b","actor":"x\ny","run_id":12,"event_name":")" +
             std::string(ci::k_max_value_bytes + 1, 'x') + R"("})"),
      "https://issuer.example", identity);
  REQUIRE(identity.fields.size() == 1);
  CHECK(identity.get("run_id") == "12");
}

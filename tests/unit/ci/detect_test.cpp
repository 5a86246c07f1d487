#include <algorithm>
#include <ostream>

#include <doctest/doctest.h>

#include "ci/detect.h"

using namespace sluice;

TEST_CASE("github: repository and run are put together, every field is a claim of the environment") {
  const CiIdentity id = ci::detect({{"GITHUB_ACTIONS", "true"},
                                    {"GITHUB_SERVER_URL", "https://github.example"},
                                    {"GITHUB_REPOSITORY", "a/b"},
                                    {"GITHUB_RUN_ID", "7"},
                                    {"GITHUB_REF", "refs/heads/main"},
                                    {"GITHUB_ACTOR", ""}});
  CHECK(id.kind == CiKind::github);
  CHECK(id.get("repository") == "https://github.example/a/b");
  CHECK(id.get("run_url") == "https://github.example/a/b/actions/runs/7");
  CHECK(id.get("ref") == "refs/heads/main");
  CHECK(id.get("actor").empty());
  for (const CiField& field : id.fields) CHECK(field.origin == Origin::env);
  CHECK(std::is_sorted(id.fields.begin(), id.fields.end(),
                       [](const CiField& a, const CiField& b) { return a.name < b.name; }));
}

TEST_CASE("gitlab: a branch and a tag become full refs") {
  Environment environment{{"GITLAB_CI", "true"}, {"CI_COMMIT_REF_NAME", "v1"}};
  CHECK(ci::detect(environment).get("ref") == "refs/heads/v1");
  environment["CI_COMMIT_TAG"] = "v1";
  CHECK(ci::detect(environment).get("ref") == "refs/tags/v1");
}

TEST_CASE("credentials in a repository URL are dropped") {
  const CiIdentity id =
      ci::detect({{"JENKINS_URL", "https://j"}, {"GIT_URL", "https://me:s3cret@git.example/x@y"}});
  CHECK(id.kind == CiKind::jenkins);
  CHECK(id.get("repository") == "https://git.example/x@y");
}

TEST_CASE("no pipeline, and values that no pipeline sets") {
  CHECK(ci::detect({}).kind == CiKind::none);
  CHECK(ci::detect({{"GITHUB_ACTIONS", "no"}}).kind == CiKind::none);
  const CiIdentity id = ci::detect(
      {{"GITHUB_ACTIONS", "true"}, {"GITHUB_ACTOR", std::string(5000, 'a')}, {"GITHUB_JOB", "\xFF"}});
  CHECK(id.get("actor").empty());
  CHECK(id.get("job").empty());
}

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

TEST_CASE("gitlab: a merge request has its own ref, with base and head, not the branch of a fork") {
  const CiIdentity id = ci::detect({{"GITLAB_CI", "true"},
                                    {"CI_PIPELINE_SOURCE", "merge_request_event"},
                                    {"CI_COMMIT_REF_NAME", "main"},
                                    {"CI_MERGE_REQUEST_IID", "7"},
                                    {"CI_MERGE_REQUEST_REF_PATH", "refs/merge-requests/7/head"},
                                    {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"},
                                    {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main"},
                                    {"CI_MERGE_REQUEST_DIFF_BASE_SHA", std::string(40, 'a')}});
  CHECK(id.get("ref") == "refs/merge-requests/7/head");
  CHECK(id.get("change") == "7");
  CHECK(id.get("base_ref") == "main");
  CHECK(id.get("base_commit") == std::string(40, 'a'));
  CHECK(id.get("event") == "merge_request_event");
}

TEST_CASE("github: a pull request has a number, a base and a head") {
  const CiIdentity id = ci::detect({{"GITHUB_ACTIONS", "true"},
                                    {"GITHUB_EVENT_NAME", "pull_request"},
                                    {"GITHUB_REF", "refs/pull/7/merge"},
                                    {"GITHUB_BASE_REF", "main"},
                                    {"GITHUB_HEAD_REF", "feature"}});
  CHECK(id.get("change") == "7");
  CHECK(id.get("base_ref") == "main");
  CHECK(id.get("head_ref") == "feature");
  CHECK(id.get("event") == "pull_request");
}

TEST_CASE("jenkins: branch, tag and change request") {
  Environment environment{{"JENKINS_URL", "https://j"}, {"GIT_BRANCH", "origin/main"}};
  CHECK(ci::detect(environment).get("ref") == "refs/heads/main");
  environment["BRANCH_NAME"] = "release/1";
  CHECK(ci::detect(environment).get("ref") == "refs/heads/release/1");
  environment["TAG_NAME"] = "v1";
  CHECK(ci::detect(environment).get("ref") == "refs/tags/v1");
  environment["CHANGE_ID"] = "7";
  environment["CHANGE_TARGET"] = "main";
  CHECK(ci::detect(environment).get("ref").empty());
  CHECK(ci::detect(environment).get("base_ref") == "main");
}

TEST_CASE("values that cannot be what they are called are left out") {
  const CiIdentity id = ci::detect({{"GITHUB_ACTIONS", "true"},
                                    {"GITHUB_REF", "refs/heads/a..b"},
                                    {"GITHUB_SHA", "main"},
                                    {"GITHUB_JOB", "a\n::set-output name=x::y"},
                                    {"GITHUB_SERVER_URL", "https://u:t@h?token=x"},
                                    {"GITHUB_REPOSITORY", "a/b?token=x"}});
  CHECK(id.get("ref").empty());
  CHECK(id.get("commit").empty());
  CHECK(id.get("job").empty());
  CHECK(id.get("server") == "https://h");
  CHECK(id.get("repository") == "https://h/a/b");
}

TEST_CASE("reference names as git checks them") {
  for (const char* good : {"refs/heads/main", "refs/tags/v1.0", "refs/heads/feature/a-b_c",
                           "refs/pull/7/merge", "refs/heads/\xc3\xa9"}) {
    CHECK(ci::is_ref_name(good));
  }
  for (const char* bad : {"",
                          "main",
                          "refs/",
                          "refs/heads/",
                          "refs//main",
                          "refs/heads/.a",
                          "refs/heads/a.lock",
                          "refs/heads/a..b",
                          "refs/heads/a b",
                          "refs/heads/a~1",
                          "refs/heads/a^",
                          "refs/heads/a:b",
                          "refs/heads/a?",
                          "refs/heads/a*",
                          "refs/heads/[a",
                          "refs/heads/a\\b",
                          "refs/heads/@{0}",
                          "refs/heads/a.",
                          "refs/heads/a/",
                          "refs/heads/\x1b[31m"}) {
    CAPTURE(bad);
    CHECK_FALSE(ci::is_ref_name(bad));
  }
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

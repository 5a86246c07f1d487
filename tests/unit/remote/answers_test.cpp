#include <ostream>

#include <doctest/doctest.h>

#include "base/file.h"
#include "remote/answers.h"
#include "remote/credentials.h"

using namespace sluice;
using namespace sluice::remote;

TEST_CASE("challenges of WWW-Authenticate") {
  const auto one = parse_challenges(
      R"(Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull,push")");
  REQUIRE(one.size() == 1);
  CHECK(one[0].scheme == "bearer");
  CHECK(one[0].parameters.at("scope") == "repository:a/b:pull,push");
  const auto two = parse_challenges(R"(Basic realm="a \"b\"", Bearer realm=x)");
  REQUIRE(two.size() == 2);
  CHECK(two[0].parameters.at("realm") == "a \"b\"");
  CHECK(two[1].scheme == "bearer");
  CHECK(parse_challenges("").empty());
  CHECK(parse_challenges("Bearer realm=\"open").empty());
  CHECK(parse_challenges("Bearer realm=a, realm=b").empty());
  CHECK(parse_challenges("Bearer realm=\"a\r\nX-Evil: 1\"").empty());
}

TEST_CASE("tokens go into a header, so nothing else may be in them") {
  CHECK(parse_token(R"({"token":"abc"})")->value == "abc");
  CHECK(parse_token(R"({"access_token":"abc","expires_in":300})")->lifetime == std::chrono::seconds(300));
  for (const char* bad : {"", "[]", "{}", R"({"token":""})", R"({"token":"a\r\nb"})", R"({"token":"a b"})",
                          R"({"token":1})", R"({"token":"a","token":"b"})"})
    CHECK(parse_token(bad).error().code == "remote.token");
}

TEST_CASE("indexes: hostile ones are errors, never empty lists") {
  CHECK(parse_index(R"({"schemaVersion":2,"manifests":null})")->empty());
  for (const char* bad : {"", "null", "[]", R"({"manifests":{}})", R"({"manifests":[{}]})",
                          R"({"manifests":[{"mediaType":"x","digest":"sha256:00","size":1}]})",
                          R"({"layers":[],"config":{}})", R"({"mediaType":"text/html","manifests":[]})"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_index(bad));
  }
  const Descriptor one{"a/b", sha256("x"), 3, "t", json::Object{{"k", "v"}}};
  CHECK(parse_index(write_index({one})) == std::vector<Descriptor>{one});
}

TEST_CASE("a manifest that is an index, too, is refused") {
  CHECK_FALSE(parse_manifest(R"({"layers":[],"manifests":[]})"));
  CHECK(parse_manifest(R"({"layers":[]})"));
}

TEST_CASE("links, ranges and waits") {
  CHECK(next_link(R"(</v2/a/tags/list?last=x&n=2>; rel="next")") == "/v2/a/tags/list?last=x&n=2");
  CHECK(next_link(R"(</a>; rel="prev", </b>; rel="next")") == "/b");
  CHECK(next_link("</a").empty());
  CHECK(parse_range_end("0-41") == 42);
  CHECK(parse_range_end("bytes=0-41") == 42);
  CHECK_FALSE(parse_range_end("5-41"));
  CHECK_FALSE(parse_range_end("0-99999999999999999999"));
  const auto now = *parse_time("2026-11-23T20:00:00Z");
  CHECK(parse_retry_after("7", now) == std::chrono::seconds(7));
  CHECK(parse_retry_after("Mon, 23 Nov 2026 20:00:30 GMT", now) == std::chrono::seconds(30));
  CHECK(parse_retry_after("Mon, 23 Nov 2026 19:00:30 GMT", now) == std::chrono::seconds(0));
  CHECK_FALSE(parse_retry_after("soon", now));
}

TEST_CASE("docker's config.json: the host's own entry, and the most exact one") {
  const std::string config = R"({"auths":{
    "https://index.docker.io/v1/":{"auth":"aHViOnB3"},
    "registry.example.com":{"auth":"YTpi"},
    "registry.example.com/team":{"auth":"Yzpk"},
    "token.example.com":{"identitytoken":"refresh"}}})";
  CHECK(credential_in(config, "docker.io", "library/debian")->username == "hub");
  CHECK(credential_in(config, "registry.example.com", "other/app")->username == "a");
  CHECK(credential_in(config, "registry.example.com", "team/app")->username == "c");
  CHECK(credential_in(config, "registry.example.com", "teammate/app")->username == "a");
  CHECK(credential_in(config, "token.example.com", "x")->identity_token == "refresh");
  CHECK(credential_in(config, "registry.example.com.evil.org", "team/app")->empty());
  CHECK(credential_in(config, "example.com", "team/app")->empty());
  CHECK_FALSE(credential_in("[]", "x", "y"));
  CHECK_FALSE(credential_in(R"({"auths":{"x":{"auth":"!!"}}})", "x", "y"));
}

TEST_CASE("a credential helper is asked by its absolute path, without a shell, and only about its host") {
  ScriptedProcessRunner processes;
  const auto folder = TempDirectory::create();
  const std::string helper = folder->path() + "/docker-credential-test";
  REQUIRE(write_file_atomic(helper, "#!/bin/sh\n", 0755));
  REQUIRE(write_file_atomic(folder->path() + "/config.json",
                            R"({"credHelpers":{"registry.example.com":"test","bad.example.com":"../x"}})"));
  ProcessResult answer;
  answer.exit_code = 0;
  answer.out.head = R"({"ServerURL":"registry.example.com","Username":"<token>","Secret":"s3cret"})";
  answer.out.total_bytes = answer.out.head.size();
  processes.answers[helper + " get"] = answer;
  const Environment environment{{"PATH", "relative:" + folder->path()}, {"DOCKER_CONFIG", folder->path()}};
  const auto found = find_credential("registry.example.com", "a/b", environment, processes);
  REQUIRE(found);
  CHECK(found->identity_token == "s3cret");
  CHECK(processes.asked.front().input == "registry.example.com");
  CHECK_FALSE(find_credential("bad.example.com", "a/b", environment, processes));
  CHECK(find_credential("other.example.com", "a/b", environment, processes)->empty());
  const Environment no_path{{"PATH", ".:"}, {"DOCKER_CONFIG", folder->path()}};
  CHECK(find_credential("registry.example.com", "a/b", no_path, processes).error().code ==
        "remote.credential-helper");
}

#include <ostream>

#include <doctest/doctest.h>

#include <deque>

#include "remote/credentials.h"
#include "remote/registry.h"

using namespace sluice;
using namespace sluice::remote;

namespace {

// Answers in order; records what was asked.
struct Script {
  std::deque<Result<HttpResponse>> answers;
  std::vector<HttpRequest> asked;
  std::vector<std::chrono::milliseconds> waits;
};

class ScriptedHttp final : public Http {
 public:
  explicit ScriptedHttp(Script& script) : script_(script) {}
  Result<HttpResponse> exchange(const HttpRequest& request) override {
    script_.asked.push_back(request);
    script_.asked.back().sink = nullptr;
    if (script_.answers.empty()) return fail(ErrorKind::internal, "test", "no more answers");
    auto answer = std::move(script_.answers.front());
    script_.answers.pop_front();
    if (answer && request.sink && answer->status == 200) {
      if (auto status = request.sink(answer->body); !status) return tl::unexpected(status.error());
    }
    return answer;
  }

 private:
  Script& script_;
};

HttpResponse answer(int status, Bytes body = {},
                    std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

const FixedClock k_clock(*parse_time("2026-11-23T20:00:00Z"));

Registry registry_over(Script& script, const char* reference = "registry.example.com/team/app") {
  RegistryOptions options;
  options.push = true;
  return Registry::over(std::make_unique<ScriptedHttp>(script), *parse_reference(reference), options,
                        {"robot", "pa55word", ""}, k_clock,
                        [&script](std::chrono::milliseconds time) { script.waits.push_back(time); });
}

std::string authorization(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization") return value;
  }
  return {};
}

constexpr const char* k_bearer =
    R"(Bearer realm="https://auth.example.com/token",service="registry.example.com")";

}  // namespace

TEST_CASE(
    "a token is asked for where the registry says, with the right scope, and then shown to the registry") {
  Script script;
  script.answers = {answer(401, "", {{"www-authenticate", k_bearer}}), answer(200, R"({"token":"t0ken"})"),
                    answer(200, "hello")};
  Registry registry = registry_over(script);
  CHECK(registry.blob(sha256("hello"), 100) == "hello");
  REQUIRE(script.asked.size() == 3);
  CHECK(authorization(script.asked[0]).empty());
  CHECK(script.asked[1].url ==
        "https://auth.example.com/"
        "token?service=registry.example.com&scope=repository%3Ateam%2Fapp%3Apull%2Cpush");
  CHECK(authorization(script.asked[1]) == "Basic " + to_base64("robot:pa55word"));
  CHECK(authorization(script.asked[2]) == "Bearer t0ken");
}

TEST_CASE("credentials do not follow a redirect to another host, nor one out of TLS") {
  Script script;
  script.answers = {answer(401, "", {{"www-authenticate", "Basic realm=x"}}),
                    answer(307, "", {{"location", "https://cdn.example.net/blob?sig=x"}}),
                    answer(200, "hello")};
  Registry registry = registry_over(script);
  CHECK(registry.blob(sha256("hello"), 100) == "hello");
  REQUIRE(script.asked.size() == 3);
  CHECK(authorization(script.asked[1]) == "Basic " + to_base64("robot:pa55word"));
  CHECK(script.asked[2].url == "https://cdn.example.net/blob?sig=x");
  CHECK(authorization(script.asked[2]).empty());

  Script down;
  down.answers = {answer(302, "", {{"location", "http://registry.example.com/blob"}})};
  Registry second = registry_over(down);
  CHECK(second.blob(sha256("x"), 100).error().code == "remote.redirect");
  CHECK(down.asked.size() == 1);

  Script circle;
  for (int i = 0; i < 20; ++i) circle.answers.push_back(answer(302, "", {{"location", "/again"}}));
  Registry third = registry_over(circle);
  CHECK(third.blob(sha256("x"), 100).error().code == "remote.redirect");
  CHECK(circle.asked.size() < 10);
}

TEST_CASE("a password is not sent to a token service without TLS") {
  Script script;
  script.answers = {
      answer(401, "", {{"www-authenticate", R"(Bearer realm="http://auth.example.com/token")"}})};
  Registry registry = registry_over(script);
  CHECK(registry.blob(sha256("x"), 100).error().code == "remote.token");
  CHECK(script.asked.size() == 1);
}

TEST_CASE("bad days: tried again with growing waits, as the registry asks, and not for ever") {
  Script script;
  script.answers = {answer(503), fail(ErrorKind::tool, "remote.unreachable", "reset"),
                    answer(429, "", {{"retry-after", "7"}}), answer(200, "hello")};
  Registry registry = registry_over(script);
  CHECK(registry.blob(sha256("hello"), 100) == "hello");
  REQUIRE(script.waits.size() == 3);
  CHECK(script.waits[2] >= std::chrono::seconds(7));

  Script dead;
  for (int i = 0; i < 50; ++i) dead.answers.push_back(answer(500));
  Registry second = registry_over(dead);
  CHECK(second.blob(sha256("x"), 100).error().code == "remote.busy");
  CHECK(dead.asked.size() == 6);

  Script greedy;
  greedy.answers = {answer(429, "", {{"retry-after", "86400"}}), answer(200, "hello")};
  Registry third = registry_over(greedy);
  CHECK(third.blob(sha256("hello"), 100));
  CHECK(greedy.waits.front() <= std::chrono::seconds(30));
}

TEST_CASE("bytes of another digest are refused, by whatever name they came") {
  Script script;
  script.answers = {answer(200, "evil"), answer(200, "{}", {{"content-type", "x/y"}})};
  Registry registry = registry_over(script);
  CHECK(registry.blob(sha256("good"), 100).error().code == "remote.digest");
  CHECK(registry.manifest(sha256("good").oci()).error().code == "remote.digest");
}

TEST_CASE("an upload that breaks off goes on where the registry stands") {
  Script script;
  const std::string bytes(2 * k_chunk_bytes + 1000, 'x');
  script.answers = {
      answer(404),                                                              // HEAD: not there
      answer(202, "", {{"location", "/v2/team/app/blobs/uploads/1?state=a"}}),  // POST
      fail(ErrorKind::tool, "remote.unreachable", "reset"),                     // PATCH
      answer(204, "", {{"range", "0-4999"}, {"location", "/v2/team/app/blobs/uploads/1?state=b"}}),
      answer(202, "", {{"location", "/v2/team/app/blobs/uploads/1?state=c"}}),
      answer(201)};
  Registry registry = registry_over(script);
  const auto done = registry.upload(sha256(bytes), bytes);
  if (!done) FAIL(to_string(done.error()));
  REQUIRE(script.asked.size() == 6);
  CHECK(script.asked[4].method == "PATCH");
  CHECK(script.asked[4].url == "https://registry.example.com/v2/team/app/blobs/uploads/1?state=b");
  CHECK(script.asked[4].body.size() == k_chunk_bytes);
  CHECK(script.asked[5].body.size() == k_chunk_bytes + 1000 - 5000);
  CHECK(script.asked[5].url.find("state=c&digest=sha256%3A") != std::string::npos);
}

namespace {

std::string referrer(const Digest& subject) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b","layers":[],"subject":{"mediaType":"x/y","digest":")" +
         subject.oci() + R"(","size":1}})";
}

std::string index_of(const std::string& manifest) {
  return write_index({{std::string(k_manifest_type), sha256(manifest), manifest.size(), "a/b", {}}});
}

}  // namespace

TEST_CASE("a registry with the referrers API that says so is left alone after the push") {
  const Digest subject = sha256("image");
  Script script;
  script.answers = {answer(201, "", {{"oci-subject", subject.oci()}})};
  Registry registry = registry_over(script);
  CHECK(registry.put_manifest(referrer(subject), std::string(k_manifest_type)));
  CHECK(script.asked.size() == 1);
}

TEST_CASE("one that has the API but does not say so is asked, and no tag is made") {
  const Digest subject = sha256("image");
  Script script;
  script.answers = {answer(201), answer(200, index_of(referrer(subject)))};
  Registry registry = registry_over(script);
  CHECK(registry.put_manifest(referrer(subject), std::string(k_manifest_type)));
  CHECK(script.asked.size() == 2);
  CHECK(script.asked[1].url.ends_with("/v2/team/app/referrers/" + subject.oci()));
}

TEST_CASE("referrers: all pages of the API, and what an older push left under the tag") {
  const Digest subject = sha256("image");
  Script script;
  script.answers = {
      answer(200, index_of("1"), {{"link", R"(</v2/team/app/referrers/x?page=2>; rel="next")"}}),
      answer(200, index_of("2")), answer(200, index_of("3"))};
  Registry registry = registry_over(script);
  const auto all = registry.referrers(subject);
  REQUIRE(all);
  CHECK(all->size() == 3);
  CHECK(script.asked[2].url.ends_with("/manifests/" + fallback_tag(subject)));
}

TEST_CASE("a registry that fails is no registry without referrers") {
  for (const int status : {403, 500}) {
    Script script;
    for (int i = 0; i < 20; ++i) script.answers.push_back(answer(status));
    Registry registry = registry_over(script);
    CHECK_FALSE(registry.referrers(sha256("image")));
  }
}

TEST_CASE("a list that cannot be had is no empty list") {
  const Digest subject = sha256("image");
  // No API, no list under the tag, and the tags are not ours to see.
  Script denied;
  denied.answers = {answer(404), answer(404), answer(403)};
  Registry first = registry_over(denied);
  CHECK(first.referrers(subject).error().code == "remote.denied");
  Script malformed;
  malformed.answers = {answer(404), answer(200, index_of("1")), answer(200, "no json")};
  Registry second = registry_over(malformed);
  CHECK_FALSE(second.referrers(subject));
  // With a list under the tag that is the whole answer, by the specification.
  Script listed;
  listed.answers = {answer(404), answer(200, index_of("1")), answer(403)};
  Registry third = registry_over(listed);
  CHECK(third.referrers(subject)->size() == 1);
  // A registry without such a repository says that there is nothing.
  Script none;
  none.answers = {answer(404), answer(404), answer(404)};
  Registry fourth = registry_over(none);
  CHECK(fourth.referrers(subject)->empty());
}

TEST_CASE("a registry whose digest is not ours has stored something else") {
  Script script;
  script.answers = {answer(201, "", {{"docker-content-digest", sha256("other").oci()}})};
  Registry registry = registry_over(script);
  CHECK(registry.put_manifest(R"({"layers":[]})", std::string(k_manifest_type)).error().code ==
        "remote.digest");
}

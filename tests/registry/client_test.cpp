#include <ostream>

#include <doctest/doctest.h>

#include <fcntl.h>

#include <algorithm>
#include <thread>

#include "remote/registry.h"
#include "server.h"

using namespace sluice;
using namespace sluice::remote;

namespace {

const SystemClock k_clock;

Registry open_registry(const registry_test::Server& server, const std::string& repository,
                       const Environment& environment = {}, bool push = true) {
  RegistryOptions options;
  options.push = push;
  auto out =
      Registry::open(*parse_reference(server.host() + "/" + repository), options, environment, k_clock);
  REQUIRE(out);
  return std::move(*out);
}

// A referrer of `subject` that differs by its text; its config and layer are pushed with it.
std::string referrer_of(const Digest& subject, const std::string& text) {
  const Descriptor empty{"application/vnd.oci.empty.v1+json", sha256("{}"), 2, {}, {}};
  const Descriptor target{std::string(k_manifest_type), subject, 100, {}, {}};
  return json::write(json::Object{{"schemaVersion", 2},
                                  {"mediaType", k_manifest_type},
                                  {"artifactType", "application/vnd.example"},
                                  {"config", descriptor_json(empty)},
                                  {"layers", json::Array{descriptor_json(empty)}},
                                  {"subject", descriptor_json(target)},
                                  {"annotations", json::Object{{"text", text}}}});
}

bool lists(const std::vector<Descriptor>& all, const Digest& digest) {
  return std::any_of(all.begin(), all.end(), [&](const Descriptor& one) { return one.digest == digest; });
}

// bcrypt of "correct horse", cost 5
constexpr const char* k_password_line =
    "robot:$2y$05$.BW9POUZvCt3imzVPxT5G.60URLy4MJXhZ8DHb0hdbj7fvMVHGWV2\n";

}  // namespace

TEST_CASE("blobs go up and come back; what is there is not sent again") {
  const registry_test::Server server;
  Registry registry = open_registry(server, "team/app");
  const std::string small = "hello";
  // Over two chunks, so that it goes by PATCH and ends with a PUT.
  std::string large(2 * k_chunk_bytes + 12345, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 2654435761U >> 13U);
  for (const std::string& bytes : {small, large, std::string()}) {
    CAPTURE(bytes.size());
    CHECK_FALSE(*registry.has_blob(sha256(bytes)));
    const auto uploaded = registry.upload(sha256(bytes), bytes);
    if (!uploaded) FAIL(to_string(uploaded.error()));
    CHECK(*registry.has_blob(sha256(bytes)));
    CHECK(registry.upload(sha256(bytes), bytes));
    const auto back = registry.blob(sha256(bytes), bytes.size());
    REQUIRE(back);
    CHECK(sha256(*back) == sha256(bytes));
  }
  CHECK(registry.blob(sha256(large), 100).error().code == "remote.too-large");
  CHECK(registry.blob(sha256("not there"), 100).error().code == "remote.not-found");

  const auto folder = TempDirectory::create();
  const Fd file(::open((folder->path() + "/blob").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(registry.download(sha256(large), large.size(), file));
  CHECK(sha256(*read_file(folder->path() + "/blob")) == sha256(large));
  const Fd other(::open((folder->path() + "/other").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  CHECK_FALSE(registry.download(sha256(large), large.size() - 1, other));
}

TEST_CASE("a referrer is listed on a registry without the referrers API, also beside foreign entries") {
  const registry_test::Server server;
  Registry registry = open_registry(server, "team/app");
  REQUIRE(registry.upload(sha256("{}"), "{}"));
  const Digest subject = sha256("some image");
  CHECK(registry.referrers(subject)->empty());

  const std::string first = referrer_of(subject, "first");
  const auto pushed = registry.put_manifest(first, std::string(k_manifest_type));
  if (!pushed) FAIL(to_string(pushed.error()));
  const auto fallback = registry.manifest(fallback_tag(subject));
  REQUIRE(fallback);
  const auto entries = parse_index(fallback->bytes);
  REQUIRE(entries->size() == 1);
  CHECK(entries->front().artifact_type == "application/vnd.example");
  CHECK(entries->front().annotations.string_at("text") == "first");

  // Another tool overwrites the list, as those without a check afterwards do: ours is found all the same, and
  // our next push repairs the list.
  REQUIRE(registry.put_manifest(write_index({}), std::string(k_index_type), fallback_tag(subject)));
  CHECK(lists(*registry.referrers(subject), sha256(first)));
  const std::string second = referrer_of(subject, "second");
  REQUIRE(registry.put_manifest(second, std::string(k_manifest_type)));
  const auto repaired = parse_index(registry.manifest(fallback_tag(subject))->bytes);
  CHECK(lists(*repaired, sha256(first)));
  CHECK(lists(*repaired, sha256(second)));
}

TEST_CASE("a deleted manifest in the list does not stop others from being listed") {
  const registry_test::Server server("", "");
  Registry registry = open_registry(server, "team/app");
  REQUIRE(registry.upload(sha256("{}"), "{}"));
  const Digest subject = sha256("some image");
  REQUIRE(registry.put_manifest(referrer_of(subject, "first"), std::string(k_manifest_type)));
  // As a clean-up of the registry leaves it: the manifest is gone, the list still names it.
  REQUIRE(remove_tree(server.folder() +
                      "/data/docker/registry/v2/repositories/team/app/_manifests/revisions/sha256/" +
                      sha256(referrer_of(subject, "first")).hex()));
  const std::string second = referrer_of(subject, "second");
  const auto pushed = registry.put_manifest(second, std::string(k_manifest_type));
  if (!pushed) FAIL(to_string(pushed.error()));
  CHECK(lists(*registry.referrers(subject), sha256(second)));
}

TEST_CASE("100 rounds of 4 writers at once: none is lost") {
  const registry_test::Server server;
  constexpr int k_rounds = 100;
  constexpr int k_writers = 4;
  int lost = 0;
  int failed = 0;
  Registry reader = open_registry(server, "race/app");
  REQUIRE(reader.upload(sha256("{}"), "{}"));
  std::vector<Registry> writers;
  for (int i = 0; i < k_writers; ++i) writers.push_back(open_registry(server, "race/app"));
  for (int round = 0; round < k_rounds; ++round) {
    const Digest subject = sha256("image " + std::to_string(round));
    std::vector<std::string> manifests;
    for (int i = 0; i < k_writers; ++i) manifests.push_back(referrer_of(subject, std::to_string(i)));
    std::vector<int> bad(k_writers, 0);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < k_writers; ++i) {
        threads.emplace_back(
            [&, i] { bad[i] = writers[i].put_manifest(manifests[i], std::string(k_manifest_type)) ? 0 : 1; });
      }
    }
    for (const int one : bad) failed += one;
    // The list itself, as every other tool reads it.
    const auto listed = parse_index(reader.manifest(fallback_tag(subject))->bytes);
    REQUIRE(listed);
    for (const std::string& manifest : manifests) lost += lists(*listed, sha256(manifest)) ? 0 : 1;
  }
  CHECK(failed == 0);
  CHECK(lost == 0);
}

TEST_CASE("basic authentication: from docker's config.json, from the environment, and refused") {
  const auto folder = TempDirectory::create();
  REQUIRE(write_file_atomic(folder->path() + "/htpasswd", k_password_line));
  const registry_test::Server server("auth:\n  htpasswd:\n    realm: test\n    path: " + folder->path() +
                                     "/htpasswd\n");
  const Environment by_variables{{"SLUICE_REGISTRY", server.host()},
                                 {"SLUICE_REGISTRY_USERNAME", "robot"},
                                 {"SLUICE_REGISTRY_PASSWORD", "correct horse"}};
  Registry registry = open_registry(server, "team/app", by_variables);
  const auto uploaded = registry.upload(sha256("x"), "x");
  if (!uploaded) FAIL(to_string(uploaded.error()));

  REQUIRE(write_file_atomic(folder->path() + "/config.json", R"({"auths":{"http://)" + server.host() +
                                                                 R"(/v1/":{"auth":")" +
                                                                 to_base64("robot:correct horse") + "\"}}}"));
  Registry by_file = open_registry(server, "team/app", {{"DOCKER_CONFIG", folder->path()}});
  CHECK(by_file.blob(sha256("x"), 10) == "x");

  Environment elsewhere = by_variables;
  elsewhere["SLUICE_REGISTRY"] = "registry.example.com";
  CHECK(open_registry(server, "team/app", elsewhere).blob(sha256("x"), 10).error().code == "remote.denied");
  Environment wrong = by_variables;
  wrong["SLUICE_REGISTRY_PASSWORD"] = "wrong";
  const auto refused = open_registry(server, "team/app", wrong).blob(sha256("x"), 10);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "remote.denied");
  CHECK(to_string(refused.error()).find("wrong") == std::string::npos);
}

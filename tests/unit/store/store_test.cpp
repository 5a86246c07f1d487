#include <ostream>
#include <set>
#include <thread>

#include <doctest/doctest.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "store/store.h"

using namespace sluice;
using namespace sluice::store;

namespace {

constexpr std::chrono::sys_seconds k_now{std::chrono::seconds{1'800'000'000}};
const SubjectRef k_image{"sha256:" + std::string(64, 'a'), "application/vnd.oci.image.manifest.v1+json", 7};
const SubjectRef k_tree{"gitTree:" + std::string(40, 'b'), "", 0};

TempDirectory folder() {
  auto made = TempDirectory::create();
  REQUIRE(made.has_value());
  return std::move(*made);
}

EvidenceStore open(const std::string& path) {
  auto store = EvidenceStore::open(path, true);
  REQUIRE_MESSAGE(store.has_value(), to_string(store.error()));
  return std::move(*store);
}

std::string blob_path(const std::string& root, const Digest& digest) {
  return root + "/blobs/sha256/" + digest.hex();
}

}  // namespace

TEST_CASE("what is put comes back, by subject, once") {
  const TempDirectory dir = folder();
  EvidenceStore store = open(dir.path() + "/evidence");
  const auto first = store.put("bundle one", k_image, "type/a", k_now);
  REQUIRE(first.has_value());
  REQUIRE(store.put("bundle one", k_image, "type/a", k_now).has_value());
  REQUIRE(store.put("bundle two", k_tree, "type/b", k_now).has_value());

  const auto all = store.list();
  REQUIRE(all.has_value());
  CHECK(all->entries.size() == 2);
  CHECK(all->unreadable.empty());
  const auto about_image = store.list(k_image.key);
  REQUIRE(about_image.has_value());
  REQUIRE(about_image->entries.size() == 1);
  CHECK(about_image->entries[0].bundle == *first);
  CHECK(about_image->entries[0].predicate_type == "type/a");
  const auto bytes = store.get(about_image->entries[0]);
  REQUIRE(bytes.has_value());
  CHECK(*bytes == "bundle one");
}

TEST_CASE("the manifest refers to the image as its subject, as registries expect") {
  const TempDirectory dir = folder();
  EvidenceStore store = open(dir.path() + "/evidence");
  REQUIRE(store.put("bundle", k_image, "type/a", k_now).has_value());
  const auto entries = store.list();
  REQUIRE(entries->entries.size() == 1);
  const auto bytes = read_file(blob_path(store.path(), entries->entries[0].manifest));
  const auto manifest = json::parse(*bytes, "manifest");
  REQUIRE(manifest.has_value());
  CHECK(manifest->find("subject")->string_at("digest") == k_image.key);
  CHECK(manifest->string_at("artifactType") == "application/vnd.dev.sigstore.bundle.v0.3+json");
  CHECK(*manifest->find("config")->find("size")->as_int() == 2);
}

TEST_CASE(
    "changed, cut, missing and linked evidence is refused, and a spoiled manifest is listed as unreadable") {
  const TempDirectory dir = folder();
  EvidenceStore store = open(dir.path() + "/evidence");
  const auto digest = store.put("bundle", k_image, "t", k_now);
  const Entry entry = store.list()->entries.front();
  const std::string path = blob_path(store.path(), *digest);

  REQUIRE(write_file_atomic(path, "other!").has_value());
  CHECK(store.get(entry).error().code == "store.digest");
  REQUIRE(::unlink(path.c_str()) == 0);
  CHECK(store.get(entry).error().code == "store.missing");
  REQUIRE(write_file_atomic(dir.path() + "/elsewhere", "bundle").has_value());
  REQUIRE(::symlink((dir.path() + "/elsewhere").c_str(), path.c_str()) == 0);
  CHECK(store.get(entry).error().code == "store.missing");

  REQUIRE(write_file_atomic(blob_path(store.path(), entry.manifest), "{}").has_value());
  const auto listing = store.list();
  REQUIRE(listing.has_value());
  CHECK(listing->entries.empty());
  CHECK(listing->unreadable.size() == 1);
}

TEST_CASE("a folder that is no store is not taken for an empty one") {
  const TempDirectory dir = folder();
  CHECK(EvidenceStore::open(dir.path() + "/none", false).error().code == "store.not-found");
  CHECK(EvidenceStore::open(dir.path(), false).error().code == "store.format");
  EvidenceStore store = open(dir.path() + "/evidence");
  REQUIRE(write_file_atomic(store.path() + "/index.json", "{\"manifests\": 1}").has_value());
  CHECK(store.list().error().code == "store.index");
  REQUIRE(
      write_file_atomic(store.path() + "/index.json", "{\"manifests\": [], \"manifests\": []}").has_value());
  CHECK(store.list().error().code == "json.duplicate-key");
}

TEST_CASE("the same evidence stored at two times is one entry, the earlier") {
  const TempDirectory dir = folder();
  EvidenceStore store = open(dir.path() + "/evidence");
  REQUIRE(store.put("bundle", k_image, "t", k_now + std::chrono::seconds(5)).has_value());
  REQUIRE(store.put("bundle", k_image, "t", k_now).has_value());
  REQUIRE(store.put("bundle", k_tree, "t", k_now).has_value());
  const auto listing = store.list();
  REQUIRE(listing->entries.size() == 2);
  CHECK(listing->entries[0].created == "2027-01-15T08:00:00Z");
}

TEST_CASE("links in the place of the store's own files are refused") {
  for (const char* name : {"index.json", "oci-layout", "blobs", "blobs/sha256"}) {
    CAPTURE(name);
    const TempDirectory dir = folder();
    const EvidenceStore store = open(dir.path() + "/evidence");
    const std::string inside = store.path() + "/" + name;
    const std::string outside = dir.path() + "/outside";
    REQUIRE(::rename(inside.c_str(), outside.c_str()) == 0);
    REQUIRE(::symlink(outside.c_str(), inside.c_str()) == 0);
    CHECK(EvidenceStore::open(store.path(), false).error().code == "store.link");
    CHECK(EvidenceStore::open(store.path(), true).error().code == "store.link");
  }
}

TEST_CASE("images and other artifacts in the layout are passed over; what is no manifest is not") {
  const TempDirectory dir = folder();
  EvidenceStore store = open(dir.path() + "/evidence");
  REQUIRE(store.put("bundle", k_image, "t", k_now).has_value());
  const auto list_with = [&](const std::string& blob, std::size_t size) {
    REQUIRE(write_file_atomic(blob_path(store.path(), sha256(blob)), blob).has_value());
    REQUIRE(write_file_atomic(store.path() + "/index.json", R"({"schemaVersion":2,"manifests":[{"digest":")" +
                                                                sha256(blob).oci() + R"(","size":)" +
                                                                std::to_string(size) + "}]}")
                .has_value());
    const auto listing = store.list();
    REQUIRE(listing.has_value());
    CHECK(listing->entries.empty());
    return listing->unreadable.size();
  };
  const std::string image = R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{},{}]})";
  CHECK(list_with(image, image.size()) == 0);
  CHECK(list_with(image, 3) == 1);
  CHECK(list_with("[]", 2) == 1);
  CHECK(list_with("{\"a\":1,\"a\":1}", 13) == 1);
  const std::string two =
      R"({"mediaType":"m","artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json","layers":[{},{}]})";
  CHECK(list_with(two, two.size()) == 1);
}

TEST_CASE("nothing unfinished is left behind") {
  const TempDirectory dir = folder();
  EvidenceStore store = open(dir.path() + "/evidence");
  REQUIRE(store.put("bundle", k_image, "t", k_now).has_value());
  const auto blobs = Directory::open(store.path() + "/blobs/sha256");
  const auto names = blobs->list();
  CHECK(names->size() == 3);
  for (const DirectoryEntry& entry : *names) CHECK(entry.name.size() == 64);
}

TEST_CASE("concurrent writers lose nothing") {
  const TempDirectory dir = folder();
  const std::string path = dir.path() + "/evidence";
  open(path);
  constexpr int k_writers = 4;
  constexpr int k_each = 15;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < k_writers; ++w) {
      writers.emplace_back([&path, w] {
        EvidenceStore store = open(path);
        for (int i = 0; i < k_each; ++i) {
          REQUIRE(store.put("bundle " + std::to_string(w) + "." + std::to_string(i), k_image, "t", k_now)
                      .has_value());
        }
      });
    }
  }
  CHECK(open(path).list()->entries.size() == k_writers * k_each);
}

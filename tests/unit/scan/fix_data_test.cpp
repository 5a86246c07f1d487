#include "scan/fix/fix_data.h"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "base/digest.h"
#include "tree_folder.h"

using namespace sluice;
using namespace sluice::scan;

namespace {
const std::string k_a(64, 'a');
const std::string k_b(64, 'b');
}  // namespace

TEST_CASE("a lock file gives digests by what a reference means, not by how it is written") {
  FixData data;
  REQUIRE(data.add_lock(
      "# base images\n\ndebian:12  sha256:" + k_a + "\nghcr.io/acme/base:1@sha256:" + k_b + "\r\n",
      "images.lock"));
  CHECK(data.find(DataKind::image_digest, "docker.io/library/debian:12") == "sha256:" + k_a);
  CHECK(data.find(DataKind::image_digest, "ghcr.io/acme/base:1") == "sha256:" + k_b);
  CHECK_FALSE(data.find(DataKind::image_digest, "debian:13"));
  CHECK_FALSE(data.find(DataKind::image_digest, "debian"));  // debian:latest is another image
  CHECK_FALSE(data.find(DataKind::image_digest, "debian:12@sha256:" + k_a));
  CHECK_FALSE(data.find(DataKind::image_digest, "${BASE}"));
}

TEST_CASE("a data document is strict: version, keys, digests and URLs") {
  FixData data;
  REQUIRE(data.add_document("version: 1\nimages: {debian: 'sha256:" + k_a +
                                "'}\nfiles:\n  https://example.com/x.tgz: " + k_b + "\n",
                            "data.yaml"));
  CHECK(data.find(DataKind::image_digest, "debian:latest") == "sha256:" + k_a);
  CHECK(data.find(DataKind::file_sha256, "https://example.com/x.tgz") == k_b);
  CHECK_FALSE(data.find(DataKind::file_sha256, "http://example.com/x.tgz"));

  const auto refuses = [](const std::string& text) {
    FixData other;
    return !other.add_document(text, "data.yaml").has_value() && other.empty();
  };
  CHECK(refuses("images: {}\n"));
  CHECK(refuses("version: 2\n"));
  CHECK(refuses("version: 1\nimage: {}\n"));
  CHECK(refuses("version: 1\nimages: [debian]\n"));
  CHECK(refuses("version: 1\nimages: {debian: latest}\n"));
  CHECK(refuses("version: 1\nimages: {debian: 'sha256:" + k_a.substr(1) + "'}\n"));
  CHECK(refuses("version: 1\nimages: {'debian@sha256:" + k_a + "': 'sha256:" + k_a + "'}\n"));
  CHECK(refuses("version: 1\nfiles: {x.tgz: " + k_a + "}\n"));
  CHECK(refuses("version: 1\nfiles: {'https://e.com/$X': " + k_a + "}\n"));
  CHECK(refuses("version: 1\nfiles: {'https://e.com/x': md5}\n"));
}

TEST_CASE("two digests for one image are an error and not a choice") {
  FixData data;
  REQUIRE(data.add_lock("debian:12 sha256:" + k_a + "\n", "a.lock"));
  REQUIRE(data.add_lock("docker.io/library/debian:12 sha256:" + k_a + "\n", "b.lock"));
  const auto again = data.add_lock("debian:12 sha256:" + k_b + "\n", "c.lock");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "fix-data.conflict");
}

TEST_CASE("an OCI layout gives the digests of the images it names, if their manifests are what they say") {
  const TreeFolder layout;
  const std::string manifest = R"({"schemaVersion":2})";
  const std::string digest = sha256(manifest).hex();
  const auto index = [](const std::string& hex, const std::string& name) {
    return R"({"schemaVersion":2,"manifests":[{"digest":"sha256:)" + hex +
           R"(","annotations":{"org.opencontainers.image.ref.name":")" + name + "\"}}]}";
  };
  layout.put("oci-layout", "{}");
  layout.put("blobs/sha256/" + digest, manifest);
  layout.put("index.json", index(digest, "docker.io/library/debian:12"));
  FixData data;
  REQUIRE(data.add(layout.root()));
  CHECK(data.find(DataKind::image_digest, "debian:12") == "sha256:" + digest);

  layout.put("index.json", index(digest, "12"));  // a tag of what?
  CHECK_FALSE(FixData().add(layout.root()));
  layout.put("index.json", index(k_a, "debian:12"));  // no such blob
  CHECK_FALSE(FixData().add(layout.root()));
  layout.put("blobs/sha256/" + k_a, manifest);  // a blob of another digest
  CHECK_FALSE(FixData().add(layout.root()));
}

TEST_CASE("a fix is filled in only as a whole") {
  FixData data;
  REQUIRE(data.add_lock("debian:12 sha256:" + k_a + "\n", "images.lock"));
  Fix fix{"pin", FixTier::needs_data, {}, {}};
  fix.needs.push_back({DataKind::image_digest, "debian:12", {14, 0, "@{data}"}});
  std::string missing;
  Fix whole = fix;
  REQUIRE(fill_in(data, whole, missing));
  REQUIRE(whole.edits.size() == 1);
  CHECK(whole.edits[0].text == "@sha256:" + k_a);
  CHECK(whole.needs.empty());
  fix.needs.push_back({DataKind::image_digest, "alpine:3", {40, 0, "@{data}"}});
  CHECK_FALSE(fill_in(data, fix, missing));
  CHECK(missing == "alpine:3");
  CHECK(fix.edits.empty());
}

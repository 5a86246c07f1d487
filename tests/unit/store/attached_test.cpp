#include <ostream>

#include <doctest/doctest.h>

#include "base/file.h"
#include "store/attached.h"
#include "store/layout.h"
#include "store/store.h"

using namespace sluice;
using namespace sluice::store;

namespace {

constexpr std::string_view k_bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";

// A layout folder that other tools filled.
struct Folder {
  TempDirectory temp = *TempDirectory::create();
  Layout layout{temp.path() + "/layout"};
  Folder() { REQUIRE(layout.create()); }

  remote::Descriptor blob(std::string_view type, std::string_view bytes) const {
    return {std::string(type), *layout.write_blob(bytes), bytes.size(), {}, {}};
  }
  Digest manifest(const std::vector<remote::Descriptor>& layers, const std::optional<Digest>& subject,
                  const json::Object& index_annotations = {}) const {
    json::Array list;
    for (const remote::Descriptor& layer : layers) list.emplace_back(remote::descriptor_json(layer));
    json::Object out{{"schemaVersion", 2},
                     {"mediaType", k_manifest_media_type},
                     {"config", remote::descriptor_json(blob("application/vnd.oci.empty.v1+json", "{}"))},
                     {"layers", std::move(list)}};
    if (subject)
      out.set("subject", remote::descriptor_json({std::string(k_manifest_media_type), *subject, 1, {}, {}}));
    const Bytes bytes = json::write(out);
    const Digest digest = *layout.write_blob(bytes);
    REQUIRE(layout.update_index([&](json::Value& index) -> Result<bool> {
      json::Object entry{
          {"mediaType", k_manifest_media_type}, {"digest", digest.oci()}, {"size", bytes.size()}};
      if (!index_annotations.empty()) entry.set("annotations", index_annotations);
      index.as_object()->find("manifests")->as_array()->emplace_back(std::move(entry));
      return true;
    }));
    return digest;
  }
  [[nodiscard]] AttachedList collect(const Digest& subject) const {
    auto source = source_of_layout(temp.path() + "/layout");
    REQUIRE(source);
    auto list = collect_attached(**source, subject);
    REQUIRE(list);
    return std::move(*list);
  }
};

}  // namespace

TEST_CASE("bundles by referrer, and what cosign 1 and 2 attach under tags") {
  const Folder folder;
  const Digest image = sha256("image");
  folder.manifest({folder.blob(k_bundle, "{\"bundle\":1}")}, image);
  folder.manifest({folder.blob(k_bundle, "{\"bundle\":2}")}, sha256("another image"));
  remote::Descriptor signature =
      folder.blob("application/vnd.dev.cosign.simplesigning.v1+json", "{\"critical\":1}");
  signature.annotations = json::Object{{"dev.cosignproject.cosign/signature", "AAAA"}, {"number", 1}};
  const std::string tag = remote::fallback_tag(image);
  folder.manifest({signature}, std::nullopt, {{"org.opencontainers.image.ref.name", tag + ".sig"}});
  folder.manifest({folder.blob("application/vnd.dsse.envelope.v1+json", "{\"payload\":1}"),
                   folder.blob("text/plain", "hello")},
                  std::nullopt, {{"org.opencontainers.image.ref.name", tag + ".att"}});
  const AttachedList list = folder.collect(image);
  REQUIRE(list.items.size() == 4);
  CHECK(list.unreadable.empty());
  CHECK(list.items[0].kind == AttachedKind::bundle);
  CHECK(list.items[0].bytes == "{\"bundle\":1}");
  CHECK(list.items[1].kind == AttachedKind::envelope);
  CHECK(list.items[2].kind == AttachedKind::other);
  CHECK(list.items[3].kind == AttachedKind::simple_signing);
  CHECK(list.items[3].annotations.at("dev.cosignproject.cosign/signature") == "AAAA");
}

TEST_CASE("what cosign save writes is found by its kind") {
  const Folder folder;
  folder.manifest({folder.blob("application/vnd.dsse.envelope.v1+json", "{}")}, std::nullopt,
                  {{"kind", "dev.cosignproject.cosign/atts"}});
  CHECK(folder.collect(sha256("image")).items.size() == 1);
}

TEST_CASE("a blob that is gone or changed is unreadable, and the rest is still there") {
  const Folder folder;
  const Digest image = sha256("image");
  folder.manifest({folder.blob(k_bundle, "gone")}, image);
  folder.manifest({folder.blob(k_bundle, "changed")}, image);
  folder.manifest({folder.blob(k_bundle, "good")}, image);
  const std::string blobs = folder.temp.path() + "/layout/blobs/sha256/";
  REQUIRE(remove_tree(blobs + sha256("gone").hex()));
  REQUIRE(write_file_atomic(blobs + sha256("changed").hex(), "chanGed"));
  const AttachedList list = folder.collect(image);
  REQUIRE(list.items.size() == 1);
  CHECK(list.items[0].bytes == "good");
  CHECK(list.unreadable.size() == 2);
}

TEST_CASE("a layer whose descriptor lies about its size is not taken") {
  const Folder folder;
  const Digest image = sha256("image");
  remote::Descriptor large = folder.blob(k_bundle, std::string(1000, 'x'));
  large.size = 10;
  folder.manifest({large}, image);
  const AttachedList list = folder.collect(image);
  CHECK(list.items.empty());
  CHECK(list.unreadable.size() == 1);
}

// CVE-2023-33958: whoever can push could attach signatures without end.
TEST_CASE("what is attached to an image has an end") {
  const Folder folder;
  const Digest image = sha256("image");
  constexpr std::size_t k_layers = 100;
  for (std::size_t pieces = 0; pieces <= k_max_attached; pieces += k_layers) {
    const auto layer = folder.blob("text/plain", "piece " + std::to_string(pieces));
    folder.manifest(std::vector<remote::Descriptor>(k_layers, layer), image);
  }
  const auto source = source_of_layout(folder.temp.path() + "/layout");
  REQUIRE(source);
  const auto list = collect_attached(**source, image);
  REQUIRE_FALSE(list);
  CHECK(list.error().code == "store.too-many");
}

TEST_CASE("a referrer that names another image is unreadable, and no evidence") {
  struct Liar : Source {
    explicit Liar(std::unique_ptr<Source> inner) : inner_(std::move(inner)) {}
    [[nodiscard]] const std::string& name() const override { return inner_->name(); }
    [[nodiscard]] Result<std::optional<remote::Manifest>> find(const std::string& reference) override {
      return inner_->find(reference);
    }
    [[nodiscard]] Result<Bytes> blob(const Digest& digest, std::uint64_t size) override {
      return inner_->blob(digest, size);
    }
    [[nodiscard]] Result<std::vector<remote::Descriptor>> referrers(const Digest&) override {
      return inner_->referrers(sha256("another image"));
    }
    std::unique_ptr<Source> inner_;
  };
  const Folder folder;
  folder.manifest({folder.blob(k_bundle, "{\"bundle\":2}")}, sha256("another image"));
  auto source = source_of_layout(folder.temp.path() + "/layout");
  REQUIRE(source);
  Liar liar(std::move(*source));
  const auto list = collect_attached(liar, sha256("image"));
  REQUIRE(list);
  CHECK(list->items.empty());
  REQUIRE(list->unreadable.size() == 1);
  CHECK(list->unreadable[0].find("another manifest") != std::string::npos);
}

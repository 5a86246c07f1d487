#include "store/transfer.h"

#include "base/json.h"
#include "store/attached.h"
#include "store/layout.h"

namespace sluice::store {
namespace {

using remote::Descriptor;
using remote::Manifest;
using remote::ManifestParts;
using remote::Registry;

constexpr std::size_t k_tag_hex = 24;
constexpr std::size_t k_max_push_blob = 64u << 20;
constexpr std::string_view k_subject = "dev.sluice.evidence.subject";

bool is_index(const Manifest& manifest) {
  return manifest.media_type == remote::k_index_type || manifest.media_type == remote::k_docker_index_type;
}

class ImagePull {
 public:
  ImagePull(Registry& registry, const Layout& layout, const WantsPlatform& wants)
      : registry_(registry), layout_(layout), wants_(wants) {}

  Status take(const Manifest& manifest, int depth) {
    if (depth > k_max_pull_depth)
      return fail(ErrorKind::limit, "store.pull-depth", "the image's indexes are nested too deeply");
    SLUICE_TRY(layout_.write_blob(manifest.bytes));
    return is_index(manifest) ? take_index(manifest, depth) : take_blobs(manifest);
  }

 private:
  Status take_index(const Manifest& index, int depth) {
    const json::Value value = SLUICE_TRY(json::parse(index.bytes, index.digest.oci()));
    const json::Value* list = value.find("manifests");
    if (list == nullptr || list->as_array() == nullptr)
      return fail(ErrorKind::invalid, "store.index", "the index has no list of manifests");
    if (list->as_array()->size() > k_max_pull_manifests)
      return fail(ErrorKind::limit, "store.index", "the index has too many entries");
    for (const json::Value& entry : *list->as_array()) {
      const Descriptor descriptor = SLUICE_TRY(remote::parse_descriptor(entry));
      const Manifest child = SLUICE_TRY(registry_.manifest(descriptor.digest.oci()));
      const json::Value* platform = entry.find("platform");
      // Without a platform it may be the one that is meant.
      const bool wanted =
          platform == nullptr || wants_(platform->string_at("os"), platform->string_at("architecture"));
      if (wanted) {
        SLUICE_CHECK(take(child, depth + 1));
      } else {
        SLUICE_TRY(layout_.write_blob(child.bytes));
      }
    }
    return {};
  }

  Status take_blobs(const Manifest& manifest) {
    const ManifestParts parts = SLUICE_TRY(remote::parse_manifest(manifest.bytes));
    if (parts.config) SLUICE_CHECK(take_blob(*parts.config));
    for (const Descriptor& layer : parts.layers) SLUICE_CHECK(take_blob(layer));
    return {};
  }

  Status take_blob(const Descriptor& blob) {
    return layout_.receive_blob(blob.digest, blob.size, [&](const Fd& out) {
      return registry_.download(blob.digest, blob.size, out);
    });
  }

  Registry& registry_;
  const Layout& layout_;
  const WantsPlatform& wants_;
};

Status list_in(const Layout& layout, const Manifest& manifest, const std::string& name) {
  json::Object entry{
      {"mediaType", manifest.media_type}, {"digest", manifest.digest.oci()}, {"size", manifest.bytes.size()}};
  if (!name.starts_with("sha256:"))
    entry.set("annotations", json::Object{{"org.opencontainers.image.ref.name", name}});
  return layout.update_index([&](json::Value& index) -> Result<bool> {
    json::Array& manifests = *index.as_object()->find("manifests")->as_array();
    for (const json::Value& known : manifests) {
      if (known.string_at("digest") == manifest.digest.oci()) return false;
    }
    manifests.emplace_back(std::move(entry));
    return true;
  });
}

std::string tree_prefix(std::string subject_key) {
  for (char& c : subject_key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain) c = '-';
  }
  return subject_key + ".r-";
}

Status push_entry(const Layout& layout, Registry& registry, const Entry& entry) {
  const Bytes manifest = SLUICE_TRY(layout.read_blob(entry.manifest, remote::k_max_manifest_bytes));
  const ManifestParts parts = SLUICE_TRY(remote::parse_manifest(manifest));
  if (parts.config) {
    const Bytes config = SLUICE_TRY(layout.read_blob(parts.config->digest, k_max_push_blob));
    SLUICE_CHECK(registry.upload(parts.config->digest, config));
  }
  for (const Descriptor& layer : parts.layers) {
    const Bytes bytes = SLUICE_TRY(layout.read_blob(layer.digest, k_max_push_blob));
    SLUICE_CHECK(registry.upload(layer.digest, bytes));
  }
  const std::string tag = parts.subject
                              ? std::string()
                              : tree_prefix(entry.subject_key) + entry.manifest.hex().substr(0, k_tag_hex);
  SLUICE_TRY(registry.put_manifest(manifest, std::string(k_manifest_media_type), tag));
  return {};
}

Status push_tree(const Layout& layout, const Digest& digest, Registry& registry, const std::string& tag,
                 int depth) {
  if (depth > k_max_pull_depth)
    return fail(ErrorKind::limit, "store.pull-depth", "the image's indexes are nested too deeply");
  const Bytes bytes = SLUICE_TRY(layout.read_blob(digest, remote::k_max_manifest_bytes));
  const json::Value value = SLUICE_TRY(json::parse(bytes, digest.oci()));
  std::string type(value.string_at("mediaType"));
  if (value.find("manifests") != nullptr) {
    const std::vector<Descriptor> children = SLUICE_TRY(remote::parse_index(bytes));
    for (const Descriptor& child : children)
      SLUICE_CHECK(push_tree(layout, child.digest, registry, {}, depth + 1));
    if (type.empty()) type = std::string(remote::k_index_type);
  } else {
    const ManifestParts parts = SLUICE_TRY(remote::parse_manifest(bytes));
    std::vector<Descriptor> blobs = parts.layers;
    if (parts.config) blobs.push_back(*parts.config);
    for (const Descriptor& blob : blobs) {
      const Bytes content = SLUICE_TRY(layout.read_blob(blob.digest, blob.size));
      SLUICE_CHECK(registry.upload(blob.digest, content));
    }
    if (type.empty()) type = std::string(k_manifest_media_type);
  }
  SLUICE_TRY(registry.put_manifest(bytes, type, tag));
  return {};
}

std::string text_of(const json::Value& annotations, std::string_view name) {
  return std::string(annotations.string_at(name));
}

// The same manifest, with its blobs, in the store.
Status keep(const Layout& layout, Registry& registry, const Manifest& manifest, const ManifestParts& parts) {
  if (parts.config) {
    SLUICE_CHECK(layout.receive_blob(parts.config->digest, parts.config->size, [&](const Fd& out) {
      return registry.download(parts.config->digest, parts.config->size, out);
    }));
  }
  for (const Descriptor& layer : parts.layers) {
    if (layer.size > k_max_evidence_bytes)
      return fail(ErrorKind::limit, "store.too-large", "the evidence is larger than the store takes");
    SLUICE_CHECK(layout.receive_blob(layer.digest, layer.size, [&](const Fd& out) {
      return registry.download(layer.digest, layer.size, out);
    }));
  }
  SLUICE_TRY(layout.write_blob(manifest.bytes));
  json::Object entry{{"mediaType", manifest.media_type},
                     {"digest", manifest.digest.oci()},
                     {"size", manifest.bytes.size()},
                     {"artifactType", parts.artifact_type}};
  if (parts.annotations.as_object() != nullptr) entry.set("annotations", parts.annotations);
  return layout.update_index([&](json::Value& index) -> Result<bool> {
    json::Array& manifests = *index.as_object()->find("manifests")->as_array();
    if (manifests.size() >= k_max_evidence_count)
      return fail(ErrorKind::limit, "store.full", "the evidence store is full");
    for (const json::Value& known : manifests) {
      if (known.string_at("digest") == manifest.digest.oci()) return false;
    }
    manifests.emplace_back(std::move(entry));
    return true;
  });
}

// The digests of manifests that may be evidence about the subject.
Result<std::vector<std::string>> candidates(Registry& registry, const std::string& subject_key) {
  std::vector<std::string> out;
  if (const auto image = Digest::parse_oci(subject_key)) {
    for (const Descriptor& one : SLUICE_TRY(registry.referrers(*image))) out.push_back(one.digest.oci());
    return out;
  }
  const std::string prefix = tree_prefix(subject_key);
  for (std::string& tag : SLUICE_TRY(registry.tags())) {
    if (tag.starts_with(prefix)) out.push_back(std::move(tag));
  }
  return out;
}

}  // namespace

Result<Digest> pull_image(Registry& registry, const std::string& wanted, const std::string& folder,
                          const WantsPlatform& wants) {
  const Layout layout(folder);
  SLUICE_CHECK(layout.create());
  SLUICE_CHECK(layout.check());
  const Manifest manifest = SLUICE_TRY(registry.manifest(wanted));
  SLUICE_CHECK(ImagePull(registry, layout, wants).take(manifest, 0));
  SLUICE_CHECK(list_in(layout, manifest, wanted));
  return manifest.digest;
}

Status push_image(const std::string& folder, const Digest& image, Registry& registry,
                  const std::string& tag) {
  const Layout layout(folder);
  SLUICE_CHECK(layout.check());
  return push_tree(layout, image, registry, tag, 0);
}

Result<Transfer> push_evidence(const EvidenceStore& evidence, Registry& registry,
                               const std::optional<std::string>& subject_key) {
  const auto listing = SLUICE_TRY(evidence.list(subject_key));
  Transfer out{{}, listing.unreadable};
  const Layout layout(evidence.path());
  for (const Entry& entry : listing.entries) {
    SLUICE_CHECK(push_entry(layout, registry, entry));
    out.copied.push_back(entry.manifest);
  }
  return out;
}

Result<Transfer> pull_evidence(Registry& registry, const std::string& subject_key, EvidenceStore& evidence) {
  Transfer out;
  const Layout layout(evidence.path());
  for (const std::string& name : SLUICE_TRY(candidates(registry, subject_key))) {
    const auto one = [&]() -> Status {
      const Manifest manifest = SLUICE_TRY(registry.manifest(name));
      const ManifestParts parts = SLUICE_TRY(remote::parse_manifest(manifest.bytes));
      if (!parts.artifact_type.starts_with("application/vnd.dev.sigstore.bundle")) return {};
      const bool about = parts.subject ? parts.subject->digest.oci() == subject_key
                                       : text_of(parts.annotations, k_subject) == subject_key;
      if (!about) return fail(ErrorKind::invalid, "store.manifest", "its manifest names another subject");
      SLUICE_CHECK(keep(layout, registry, manifest, parts));
      out.copied.push_back(manifest.digest);
      return {};
    }();
    if (!one) {
      // The network's failures end it all; what is wrong with one piece is that piece's.
      if (one.error().kind == ErrorKind::tool) return tl::unexpected(one.error());
      out.unreadable.push_back(name + ": " + one.error().message);
    }
  }
  return out;
}

}  // namespace sluice::store

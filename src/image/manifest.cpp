#include "image/manifest.h"

#include <algorithm>
#include <array>

#include "image/fold.h"
#include "image/limits.h"

namespace sluice::image {
namespace {

constexpr std::string_view k_oci_index = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view k_oci_manifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view k_docker_list = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view k_docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view k_oci_config = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view k_docker_config = "application/vnd.docker.container.image.v1+json";

struct LayerRow {
  std::string_view media_type;
  LayerType type;
};
constexpr std::array k_layer_types{
    LayerRow{"application/vnd.oci.image.layer.v1.tar", {Compression::none, false}},
    LayerRow{"application/vnd.oci.image.layer.v1.tar+gzip", {Compression::gzip, false}},
    LayerRow{"application/vnd.oci.image.layer.v1.tar+zstd", {Compression::zstd, false}},
    LayerRow{"application/vnd.oci.image.layer.nondistributable.v1.tar", {Compression::none, true}},
    LayerRow{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", {Compression::gzip, true}},
    LayerRow{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", {Compression::zstd, true}},
    LayerRow{"application/vnd.docker.image.rootfs.diff.tar", {Compression::none, false}},
    LayerRow{"application/vnd.docker.image.rootfs.diff.tar.gzip", {Compression::gzip, false}},
    LayerRow{"application/vnd.docker.image.rootfs.diff.tar.zstd", {Compression::zstd, false}},
    LayerRow{"application/vnd.docker.image.rootfs.foreign.diff.tar", {Compression::none, true}},
    LayerRow{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", {Compression::gzip, true}},
};

Result<Platform> parse_platform(const Folded& value) {
  Platform platform;
  platform.os = SLUICE_TRY(value.text("os"));
  platform.architecture = SLUICE_TRY(value.text("architecture"));
  platform.variant = SLUICE_TRY(value.text("variant"));
  return platform;
}

Result<Digest> parse_digest(const std::string& text, const std::string& what) {
  if (!text.starts_with("sha256:")) {
    return fail(ErrorKind::unsupported, "image.digest-algorithm",
                what + " has a digest that is not sha256: \"" + text.substr(0, 80) + "\"");
  }
  auto digest = Digest::parse_oci(text);
  if (!digest) return fail(ErrorKind::invalid, "image.descriptor", what + " has a malformed digest");
  return *digest;
}

// What an index and a manifest have in common: version 2, and a media type that agrees with the descriptor's.
Result<std::string> check_head(const Folded& document, std::string_view expected) {
  const auto version = SLUICE_TRY(document.integer("schemaversion"));
  if (version != 2) {
    return fail(ErrorKind::unsupported, "image.schema-version",
                document.what() + " is not of schema version 2");
  }
  std::string own = SLUICE_TRY(document.text("mediatype"));
  if (!own.empty() && !expected.empty() && own != expected) {
    return fail(ErrorKind::invalid, "image.media-type",
                document.what() + " calls itself \"" + own + "\", its descriptor says \"" +
                    std::string(expected) + "\"");
  }
  return own.empty() ? std::string(expected) : own;
}

tl::unexpected<Error> ambiguous(const std::string& what) {
  return fail(ErrorKind::invalid, "image.manifest-ambiguous",
              what + " can be read as an index and as a manifest",
              "runtimes would see different images in it (CVE-2021-41190)");
}

}  // namespace

Result<Platform> Platform::parse(std::string_view text) {
  std::vector<std::string> parts{""};
  for (const char byte : text) {
    if (byte == '/') {
      parts.emplace_back();
    } else {
      parts.back() += byte;
    }
  }
  const bool complete =
      parts.size() >= 2 && parts.size() <= 3 &&
      std::none_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
  if (!complete) {
    return fail(ErrorKind::usage, "image.platform-syntax", "\"" + std::string(text) + "\" is not a platform",
                "write it as OS/ARCHITECTURE, for instance linux/amd64");
  }
  return Platform{parts[0], parts[1], parts.size() == 3 ? parts[2] : ""};
}

Platform Platform::host() {
#if defined(__x86_64__)
  return {"linux", "amd64", ""};
#elif defined(__aarch64__)
  return {"linux", "arm64", ""};
#elif defined(__arm__)
  return {"linux", "arm", "v7"};
#elif defined(__riscv) && __riscv_xlen == 64
  return {"linux", "riscv64", ""};
#elif defined(__powerpc64__)
  return {"linux", "ppc64le", ""};
#elif defined(__s390x__)
  return {"linux", "s390x", ""};
#elif defined(__i386__)
  return {"linux", "386", ""};
#else
#error "name this architecture as Go does"
#endif
}

std::string Platform::text() const {
  return os + "/" + architecture + (variant.empty() ? "" : "/" + variant);
}

bool matches(const Platform& wanted, const Platform& offered) {
  return wanted.os == offered.os && wanted.architecture == offered.architecture &&
         (wanted.variant.empty() || offered.variant.empty() || wanted.variant == offered.variant);
}

Result<Descriptor> parse_descriptor(const json::Value& value, std::string what) {
  const Folded folded = SLUICE_TRY(Folded::of(value, std::move(what)));
  Descriptor descriptor;
  descriptor.media_type = SLUICE_TRY(folded.text("mediatype"));
  descriptor.artifact_type = SLUICE_TRY(folded.text("artifacttype"));
  descriptor.annotations = SLUICE_TRY(folded.text_map("annotations"));
  const auto size = SLUICE_TRY(folded.integer("size"));
  if (!size || *size < 0)
    return fail(ErrorKind::invalid, "image.descriptor", folded.what() + " has no valid size");
  descriptor.size = static_cast<std::uint64_t>(*size);
  const std::string digest = SLUICE_TRY(folded.text("digest"));
  descriptor.digest = SLUICE_TRY(parse_digest(digest, folded.what()));
  if (const auto platform = SLUICE_TRY(folded.object("platform"))) {
    descriptor.platform = SLUICE_TRY(parse_platform(*platform));
  }
  return descriptor;
}

Result<Index> parse_index(BytesView bytes, std::string_view expected_media_type, std::string what) {
  const json::Value value = SLUICE_TRY(json::parse(bytes, what));
  const Folded document = SLUICE_TRY(Folded::of(value, std::move(what)));
  if (document.find("layers") != nullptr || document.find("config") != nullptr)
    return ambiguous(document.what());
  const std::string type = SLUICE_TRY(check_head(document, expected_media_type));
  if (!type.empty() && document_kind(type) != DocumentKind::index) {
    return fail(ErrorKind::invalid, "image.media-type",
                document.what() + " is no index but \"" + type + "\"");
  }
  const json::Array* items = SLUICE_TRY(document.array("manifests"));
  if (items == nullptr)
    return fail(ErrorKind::invalid, "image.index", document.what() + " has no list of manifests");
  if (items->size() > k_max_index_descriptors) {
    return fail(ErrorKind::limit, "image.too-large", document.what() + " lists too many manifests");
  }
  Index index;
  for (const json::Value& item : *items) {
    index.manifests.push_back(SLUICE_TRY(parse_descriptor(item, "a descriptor in " + document.what())));
  }
  return index;
}

Result<Manifest> parse_manifest(BytesView bytes, std::string_view expected_media_type, std::string what) {
  const json::Value value = SLUICE_TRY(json::parse(bytes, what));
  const Folded document = SLUICE_TRY(Folded::of(value, std::move(what)));
  if (document.find("manifests") != nullptr || document.find("fslayers") != nullptr)
    return ambiguous(document.what());
  Manifest manifest;
  manifest.media_type = SLUICE_TRY(check_head(document, expected_media_type));
  if (document_kind(manifest.media_type) != DocumentKind::manifest) {
    return fail(ErrorKind::invalid, "image.media-type",
                document.what() + " has the media type \"" + manifest.media_type + "\"");
  }
  manifest.artifact_type = SLUICE_TRY(document.text("artifacttype"));
  manifest.annotations = SLUICE_TRY(document.text_map("annotations"));
  const json::Value* config = document.find("config");
  const json::Array* layers = SLUICE_TRY(document.array("layers"));
  if (config == nullptr || layers == nullptr) {
    return fail(ErrorKind::invalid, "image.manifest", document.what() + " lacks \"config\" or \"layers\"");
  }
  manifest.config = SLUICE_TRY(parse_descriptor(*config, "the config descriptor of " + document.what()));
  if (layers->size() > k_max_layers) {
    return fail(ErrorKind::limit, "image.too-many-layers",
                document.what() + " has more than " + std::to_string(k_max_layers) + " layers");
  }
  for (const json::Value& layer : *layers) {
    manifest.layers.push_back(
        SLUICE_TRY(parse_descriptor(layer, "a layer descriptor of " + document.what())));
  }
  return manifest;
}

DocumentKind document_kind(std::string_view media_type) {
  if (media_type == k_oci_index || media_type == k_docker_list) return DocumentKind::index;
  if (media_type == k_oci_manifest || media_type == k_docker_manifest) return DocumentKind::manifest;
  return DocumentKind::other;
}

bool is_image_config(std::string_view media_type) {
  return media_type == k_oci_config || media_type == k_docker_config;
}

Result<LayerType> layer_type(std::string_view media_type) {
  for (const LayerRow& row : k_layer_types) {
    if (row.media_type == media_type) return row.type;
  }
  if (media_type.ends_with("+encrypted")) {
    return fail(ErrorKind::unsupported, "image.layer-encrypted", "the layer is encrypted",
                "decrypt the image before it is judged");
  }
  return fail(ErrorKind::unsupported, "image.media-type",
              "a layer has the unknown media type \"" + std::string(media_type.substr(0, 120)) + "\"");
}

}  // namespace sluice::image

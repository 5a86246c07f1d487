// Descriptors, indexes and manifests (OCI image spec: descriptor.md, image-index.md, manifest.md; docker's
// schema 2 with its own media types), parsed strictly: what runtimes would read in two ways is refused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "image/decompress.h"

namespace sluice::image {

struct Platform {
  std::string os;
  std::string architecture;  // Go's names: "amd64", "arm64", …
  std::string variant;       // "v7", …; may be empty

  // "linux/arm64" or "linux/arm/v7". Code: image.platform-syntax (usage).
  [[nodiscard]] static Result<Platform> parse(std::string_view text);
  [[nodiscard]] static Platform host();  // linux and the architecture of this program
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Platform&, const Platform&) = default;
};

// True if an image for `offered` is what `wanted` asks for; an empty variant matches any.
[[nodiscard]] bool matches(const Platform& wanted, const Platform& offered);

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string artifact_type;
  std::optional<Platform> platform;
  std::map<std::string, std::string> annotations;
};

// Codes: image.descriptor, image.digest-algorithm (only sha256 is read).
[[nodiscard]] Result<Descriptor> parse_descriptor(const json::Value& value, std::string what);

struct Index {
  std::vector<Descriptor> manifests;
};

struct Manifest {
  std::string media_type;
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;
};

// `expected_media_type` is what the descriptor said, or empty (index.json has none); a document that names
// another type, or that is an index and a manifest at once (CVE-2021-41190), is refused: image.media-type,
// image.manifest-ambiguous.
[[nodiscard]] Result<Index> parse_index(BytesView bytes, std::string_view expected_media_type,
                                        std::string what);
[[nodiscard]] Result<Manifest> parse_manifest(BytesView bytes, std::string_view expected_media_type,
                                              std::string what);

enum class DocumentKind : std::uint8_t { index, manifest, other };
[[nodiscard]] DocumentKind document_kind(std::string_view media_type);
[[nodiscard]] bool is_image_config(std::string_view media_type);

// What a layer's media type says. Codes: image.layer-encrypted (unsupported), image.media-type.
struct LayerType {
  Compression compression = Compression::none;
  bool foreign = false;  // not distributed with the image: its blob may be missing
};
[[nodiscard]] Result<LayerType> layer_type(std::string_view media_type);

}  // namespace sluice::image

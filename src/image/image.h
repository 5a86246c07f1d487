// Image: one container image, opened from an OCI layout folder, an OCI archive or a docker archive (told
// apart by content). Everything it returns has been checked against its digest: manifest and config when
// opening, layers while they are read (size and digest of the blob, and the diff_id of what it expands to).
// Opens no network, writes nothing (save an unnamed temporary file for a compressed archive).
//
// The subject of evidence is the manifest digest. An OCI layout has a manifest. An old docker archive has
// none: there we derive the OCI manifest of what is in it (config and layers exactly as stored, by OCI media
// types) and say so in `manifest_derived`. The derived digest is the same for the same archive and does not
// depend on us beyond the JSON form, but it is not the digest that a registry will give the image after a
// push, which compresses layers: promote such an image as an OCI layout, or by a verdict made on the pushed
// digest.
//
// Values; copying is cheap (shared, immutable). Const functions are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/problem.h"
#include "image/tar.h"

namespace sluice::image {

enum class Format : std::uint8_t { oci_layout, oci_archive, docker_archive };
[[nodiscard]] std::string_view to_string(Format format);

struct OpenOptions {
  std::optional<Platform>
      platform;           // unset: the only image there is, else the one for linux on this architecture
  std::string reference;  // a name or tag as the image itself carries it; empty: any
  std::optional<Digest> digest;  // of the manifest, or of the index that lists it
};

struct Layer {
  Digest digest;           // of the blob as stored
  Digest diff_id;          // of the uncompressed tar archive
  std::uint64_t size = 0;  // of the blob as stored, in bytes
  std::string media_type;
  Compression compression = Compression::none;
};

// What a full pass over one layer found.
struct LayerFacts {
  std::uint64_t entries = 0;
  std::uint64_t expanded_bytes = 0;
  bool trailing_data = false;  // something that is not zero follows the end of the tar archive
};

// Called for each entry in order. `content` gives the entry's bytes (nothing for all but regular files); what
// is not read is skipped. An error ends the pass and is returned.
using EntryVisitor = std::function<Status(const TarEntry& entry, ByteSource& content)>;

class Image {
 public:
  // Codes, besides the JSON and tar readers': image.not-found, image.format, image.platform, image.ambiguous,
  // image.reference, image.missing-blob, image.blob-size, image.blob-digest, image.media-type,
  // image.manifest-ambiguous, image.diff-id-count, image.too-many-layers, image.too-large.
  [[nodiscard]] static Result<Image> open(const std::string& path, const OpenOptions& options = {});

  [[nodiscard]] Format format() const;
  [[nodiscard]] const Digest& manifest_digest() const;
  [[nodiscard]] bool manifest_derived() const;  // see above
  [[nodiscard]] const Bytes& manifest_bytes() const;
  [[nodiscard]] const std::string& manifest_media_type() const;
  [[nodiscard]] const Digest& config_digest() const;
  [[nodiscard]] const Bytes& config_bytes() const;
  [[nodiscard]] const ImageConfig& config() const;
  // Digests of the indexes, outermost first, through which the manifest was chosen (without index.json
  // itself).
  [[nodiscard]] const std::vector<Digest>& index_digests() const;
  [[nodiscard]] const std::map<std::string, std::string>& annotations() const;  // of the manifest
  [[nodiscard]] const std::vector<std::string>& references()
      const;  // names and tags that it carries: claims, sorted
  [[nodiscard]] const std::vector<Layer>& layers() const;
  [[nodiscard]] const ProblemList& problems() const;  // found when opening

  // One pass over a layer, which verifies the whole of it. What the visitor has seen is to be believed only
  // if this succeeds. Codes: image.blob-size, image.blob-digest, image.diff-id, image.layer-compression, and
  // the readers'.
  [[nodiscard]] Result<LayerFacts> for_each_entry(std::size_t layer, const EntryVisitor& visit) const;

  // The layer's uncompressed tar stream, unverified: for readers that know the digest of what they look for.
  [[nodiscard]] Status with_layer_stream(std::size_t layer,
                                         const std::function<Status(ByteSource& tar)>& use) const;

  // Reads every layer to its end.
  [[nodiscard]] Status verify() const;

 private:
  struct State;
  explicit Image(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  friend class Opener;
  std::shared_ptr<const State> state_;
};

}  // namespace sluice::image

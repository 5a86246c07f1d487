#include "image/image.h"

#include <algorithm>
#include <array>

#include "image/image_state.h"
#include "image/limits.h"

namespace sluice::image {
namespace {

Error in_layer(Error error, std::size_t index, const Layer& layer) {
  return with_context(std::move(error),
                      "reading layer " + std::to_string(index) + " (" + layer.digest.oci() + ")");
}

tl::unexpected<Error> wrong_digest(const Layer& layer) {
  return fail(ErrorKind::crypto, "image.blob-digest",
              "the layer does not have the digest " + layer.digest.oci(),
              "the image was changed or damaged after it was made");
}

// The tar stream of a layer: blob → (hash) → expand → (hash). Owns the chain.
class LayerStream {
 public:
  static Result<std::unique_ptr<LayerStream>> open(const BlobStore& store, const std::string& path,
                                                   const Layer& layer) {
    const Blob blob = SLUICE_TRY(store.open(path));
    if (blob.size != layer.size) {
      return fail(ErrorKind::crypto, "image.blob-size",
                  "the layer has " + std::to_string(blob.size) + " bytes, its descriptor says " +
                      std::to_string(layer.size));
    }
    FileSource head = blob.source();
    std::array<char, 4> start{};
    const std::size_t got = SLUICE_TRY(head.read(start.data(), start.size()));
    if (detect_compression({start.data(), got}) != layer.compression) {
      return fail(ErrorKind::invalid, "image.layer-compression",
                  "the layer is not what its media type \"" + layer.media_type + "\" says",
                  "runtimes that trust the media type and runtimes that look at the bytes would disagree");
    }
    return std::unique_ptr<LayerStream>(new LayerStream(blob, layer));
  }

  // Neither hash is made twice: a plain layer's diff_id is that of its blob.
  ByteSource& tar() { return tar_hash_ ? static_cast<ByteSource&>(*tar_hash_) : *expanded_; }
  ByteSource& unhashed_tar() { return *expanded_; }

  // After the tar stream has been read to its end: the blob has no more bytes, and both digests hold.
  Status check(const Layer& layer) {
    SLUICE_TRY(drain(blob_hash_));
    const Digest digest = blob_hash_.finish();
    if (digest != layer.digest) return wrong_digest(layer);
    if ((tar_hash_ ? tar_hash_->finish() : digest) != layer.diff_id) {
      return fail(ErrorKind::crypto, "image.diff-id",
                  "the layer does not expand to its diff_id " + layer.diff_id.oci(),
                  "config and layers of this image do not belong together");
    }
    return {};
  }

  // When reading failed: a blob that is not the one described is the better answer than what it broke.
  Error explain(Error error, const Layer& layer) {
    if (error.kind != ErrorKind::invalid && error.kind != ErrorKind::limit) return error;
    if (!drain(blob_hash_)) return error;
    return blob_hash_.finish() == layer.digest ? error : wrong_digest(layer).value();
  }

  [[nodiscard]] std::uint64_t expanded_bytes() const {
    return tar_hash_ ? tar_hash_->count() : blob_hash_.count();
  }

 private:
  LayerStream(const Blob& blob, const Layer& layer)
      : file_(blob.source()), blob_hash_(file_), expanded_(decompress(blob_hash_, layer.compression)) {
    if (layer.compression != Compression::none) tar_hash_.emplace(*expanded_);
  }

  FileSource file_;
  HashingSource blob_hash_;
  std::unique_ptr<ByteSource> expanded_;
  std::optional<HashingSource> tar_hash_;
};

Result<LayerFacts> read_entries(LayerStream& stream, const EntryVisitor& visit) {
  LayerFacts facts;
  TarReader tar(stream.tar());
  while (const auto entry = SLUICE_TRY(tar.next())) {
    if (++facts.entries > k_max_entries) {
      return fail(ErrorKind::limit, "image.too-many-entries",
                  "the layer has more than " + std::to_string(k_max_entries) + " entries");
    }
    SLUICE_CHECK(visit(*entry, tar));
  }
  facts.trailing_data = SLUICE_TRY(tar.finish());
  facts.expanded_bytes = stream.expanded_bytes();
  return facts;
}

Status describe_layers(const Manifest& manifest, const ImageConfig& config, std::vector<Layer>& layers) {
  if (manifest.layers.size() > k_max_layers) {
    return fail(ErrorKind::limit, "image.too-many-layers", "the image has too many layers");
  }
  if (manifest.layers.size() != config.diff_ids.size()) {
    return fail(ErrorKind::invalid, "image.diff-id-count",
                "the manifest lists " + std::to_string(manifest.layers.size()) +
                    " layers, the image config " + std::to_string(config.diff_ids.size()));
  }
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const Descriptor& blob = manifest.layers[i];
    const LayerType type = SLUICE_TRY(layer_type(blob.media_type));
    layers.push_back({blob.digest, config.diff_ids[i], blob.size, blob.media_type, type.compression});
  }
  return {};
}

}  // namespace

std::string_view to_string(Format format) {
  switch (format) {
    case Format::oci_layout:
      return "oci-layout";
    case Format::oci_archive:
      return "oci-archive";
    case Format::docker_archive:
      break;
  }
  return "docker-archive";
}

Result<Image> Image::open(const std::string& path, const OpenOptions& options) {
  auto state = std::make_shared<State>();
  const auto fill = [&]() -> Status {
    if (is_directory(path)) {
      state->store = SLUICE_TRY(open_folder(path));
      if (!state->store->has("index.json")) {
        return fail(ErrorKind::invalid, "image.format", "the folder is no OCI layout: it has no index.json");
      }
    } else {
      state->store = SLUICE_TRY(open_archive(path));
      state->format = state->store->has("index.json") ? Format::oci_archive : Format::docker_archive;
    }
    if (state->format == Format::docker_archive) {
      SLUICE_CHECK(Opener::open_docker_archive(*state, options));
    } else {
      SLUICE_CHECK(Opener::open_layout(*state, options));
      SLUICE_CHECK(Opener::check_docker_manifest(*state));
    }
    SLUICE_CHECK(describe_layers(state->manifest, state->config, state->layers));
    return {};
  };
  if (auto status = fill(); !status)
    return fail(with_context(std::move(status).error(), "opening the image " + path));

  const auto made =
      static_cast<std::size_t>(std::count_if(state->config.history.begin(), state->config.history.end(),
                                             [](const HistoryStep& step) { return !step.empty_layer; }));
  if (!state->config.history.empty() && made != state->layers.size()) {
    state->problems.add({"image.history-count", k_no_layer, "",
                         "the history tells of " + std::to_string(made) + " layers, there are " +
                             std::to_string(state->layers.size()),
                         false});
  }
  return Image(std::move(state));
}

Format Image::format() const {
  return state_->format;
}
const Digest& Image::manifest_digest() const {
  return state_->manifest_digest;
}
bool Image::manifest_derived() const {
  return state_->manifest_derived;
}
const Bytes& Image::manifest_bytes() const {
  return state_->manifest_bytes;
}
const std::string& Image::manifest_media_type() const {
  return state_->manifest.media_type;
}
const Digest& Image::config_digest() const {
  return state_->manifest.config.digest;
}
const Bytes& Image::config_bytes() const {
  return state_->config_bytes;
}
const ImageConfig& Image::config() const {
  return state_->config;
}
const std::vector<Digest>& Image::index_digests() const {
  return state_->index_digests;
}
const std::map<std::string, std::string>& Image::annotations() const {
  return state_->manifest.annotations;
}
const std::vector<std::string>& Image::references() const {
  return state_->references;
}
const std::vector<Layer>& Image::layers() const {
  return state_->layers;
}
const ProblemList& Image::problems() const {
  return state_->problems;
}

Result<LayerFacts> Image::for_each_entry(std::size_t index, const EntryVisitor& visit) const {
  const Layer& layer = state_->layers.at(index);
  auto stream = LayerStream::open(*state_->store, state_->layer_paths[index], layer);
  if (!stream) return fail(in_layer(std::move(stream).error(), index, layer));
  auto facts = read_entries(**stream, visit);
  if (!facts) return fail(in_layer((*stream)->explain(std::move(facts).error(), layer), index, layer));
  if (auto status = (*stream)->check(layer); !status)
    return fail(in_layer(std::move(status).error(), index, layer));
  return facts;
}

Status Image::with_layer_stream(std::size_t index, const std::function<Status(ByteSource& tar)>& use) const {
  const Layer& layer = state_->layers.at(index);
  const Blob blob = SLUICE_TRY(state_->store->open(state_->layer_paths[index]));
  FileSource file = blob.source();
  return use(*decompress(file, layer.compression));
}

Status Image::verify() const {
  for (std::size_t i = 0; i < layers().size(); ++i) {
    SLUICE_TRY(for_each_entry(i, [](const TarEntry&, ByteSource&) -> Status { return {}; }));
  }
  return {};
}

}  // namespace sluice::image

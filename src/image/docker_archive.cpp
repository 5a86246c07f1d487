// Opening what `docker save` wrote before it wrote OCI layouts too: manifest.json names a config and layer
// archives.
#include <algorithm>
#include <array>

#include "base/json.h"
#include "image/fold.h"
#include "image/image_state.h"
#include "image/limits.h"
#include "image/path.h"

namespace sluice::image {
namespace {

constexpr const char* k_manifest = "manifest.json";
constexpr std::string_view k_oci_layer = "application/vnd.oci.image.layer.v1.tar";

struct Saved {
  std::string config;  // path in the archive
  std::vector<std::string> tags;
  std::vector<std::string> layers;  // paths in the archive
};

Result<std::vector<Saved>> read_saved(const BlobStore& store) {
  const Bytes bytes = SLUICE_TRY(read_document(store, k_manifest, k_max_manifest_bytes));
  const json::Value value = SLUICE_TRY(json::parse(bytes, k_manifest));
  if (value.as_array() == nullptr)
    return fail(ErrorKind::invalid, "image.json-type", "manifest.json is not a list");
  std::vector<Saved> images;
  for (const json::Value& item : *value.as_array()) {
    const Folded folded = SLUICE_TRY(Folded::of(item, "an image in manifest.json"));
    Saved saved;
    saved.config = SLUICE_TRY(folded.text("config"));
    saved.tags = SLUICE_TRY(folded.texts("repotags")).value_or(std::vector<std::string>());
    saved.layers = SLUICE_TRY(folded.texts("layers")).value_or(std::vector<std::string>());
    std::sort(saved.tags.begin(), saved.tags.end());
    images.push_back(std::move(saved));
  }
  return images;
}

// The digest that a config's path claims: "<hex>.json" or "blobs/sha256/<hex>". Nothing if the name is of
// another kind.
std::optional<Digest> claimed_digest(std::string_view path) {
  std::string_view name = split_path(path).name;
  if (name.ends_with(".json")) name.remove_suffix(5);
  const auto digest = Digest::parse_hex(name);
  return digest ? std::optional<Digest>(*digest) : std::nullopt;
}

Result<Saved> choose(std::vector<Saved> images, const OpenOptions& options) {
  std::string all;
  for (const Saved& image : images) {
    for (const std::string& tag : image.tags) all += (all.empty() ? "" : ", ") + tag;
  }
  if (!options.reference.empty()) {
    std::erase_if(images, [&](const Saved& image) {
      return std::find(image.tags.begin(), image.tags.end(), options.reference) == image.tags.end();
    });
  }
  if (images.empty()) {
    return fail(ErrorKind::not_found, "image.reference", "no image in the archive has the name asked for",
                all.empty() ? "" : "there is " + all);
  }
  if (images.size() > 1) {
    return fail(ErrorKind::usage, "image.ambiguous", "there is more than one image in the archive",
                "name one by its tag: " + all);
  }
  return std::move(images.front());
}

struct StoredLayer {
  Compression compression = Compression::none;
  Digest digest;
  std::uint64_t size = 0;
};

// A plain archive has its diff_id as digest (checked when it is read); of a compressed one the bytes are
// hashed here.
Result<StoredLayer> look_at_layer(const BlobStore& store, const std::string& path, const Digest& diff_id) {
  const Blob blob = SLUICE_TRY(store.open(path));
  FileSource head = blob.source();
  std::array<char, 4> start{};
  const std::size_t got = SLUICE_TRY(head.read(start.data(), start.size()));
  StoredLayer layer{detect_compression({start.data(), got}), diff_id, blob.size};
  if (layer.compression == Compression::none) return layer;
  FileSource source = blob.source();
  HashingSource hashing(source);
  SLUICE_TRY(drain(hashing));
  layer.digest = hashing.finish();
  return layer;
}

json::Object descriptor_json(std::string_view media_type, const Digest& digest, std::uint64_t size) {
  return {{"mediaType", media_type}, {"digest", digest.oci()}, {"size", static_cast<unsigned long>(size)}};
}

}  // namespace

Status Opener::open_docker_archive(State& state, const OpenOptions& options) {
  const BlobStore& store = *state.store;
  if (!store.has(k_manifest)) {
    return fail(
        ErrorKind::unsupported, "image.format", "this is neither an OCI layout nor a docker archive",
        "it has neither index.json nor manifest.json; archives of docker before 1.10 must be saved again");
  }
  std::vector<Saved> images = SLUICE_TRY(read_saved(store));
  const Saved saved = SLUICE_TRY(choose(std::move(images), options));
  state.config_bytes = SLUICE_TRY(read_document(store, saved.config, k_max_config_bytes));
  const Digest config_digest = sha256(state.config_bytes);
  const auto claimed = claimed_digest(saved.config);
  if (claimed && *claimed != config_digest) {
    return fail(ErrorKind::crypto, "image.blob-digest",
                "the image config does not have the digest " + claimed->oci(),
                "the image was changed or damaged after it was made");
  }
  state.config = SLUICE_TRY(parse_config(state.config_bytes));
  if (state.config.diff_ids.size() != saved.layers.size()) {
    return fail(ErrorKind::invalid, "image.diff-id-count",
                "manifest.json and the image config differ in their layers");
  }
  if (options.platform && !matches(*options.platform, state.config.platform)) {
    return fail(ErrorKind::not_found, "image.platform", "there is no image for " + options.platform->text(),
                "there is " + state.config.platform.text());
  }

  json::Array layers;
  for (std::size_t i = 0; i < saved.layers.size(); ++i) {
    const StoredLayer layer = SLUICE_TRY(look_at_layer(store, saved.layers[i], state.config.diff_ids[i]));
    std::string type(k_oci_layer);
    if (layer.compression != Compression::none) type += "+" + std::string(to_string(layer.compression));
    layers.emplace_back(descriptor_json(type, layer.digest, layer.size));
  }
  state.layer_paths = saved.layers;
  state.references = saved.tags;
  state.manifest_derived = true;
  state.manifest_bytes =
      json::write(json::Object{{"schemaVersion", 2},
                               {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                               {"config", descriptor_json("application/vnd.oci.image.config.v1+json",
                                                          config_digest, state.config_bytes.size())},
                               {"layers", std::move(layers)}});
  state.manifest_digest = sha256(state.manifest_bytes);
  if (options.digest && *options.digest != state.manifest_digest) {
    return fail(ErrorKind::not_found, "image.reference", "no image in the archive has the digest asked for");
  }
  state.manifest = SLUICE_TRY(parse_manifest(state.manifest_bytes, "", "the derived manifest"));
  state.problems.add(
      {"image.manifest-derived", k_no_layer, "",
       "the archive has no manifest; its digest is derived from the config and the layers as stored", false});
  return {};
}

Status Opener::check_docker_manifest(const State& state) {
  if (!state.store->has(k_manifest)) return {};
  for (const Saved& saved : SLUICE_TRY(read_saved(*state.store))) {
    if (claimed_digest(saved.config) == state.manifest.config.digest) return {};
  }
  // `docker load` reads manifest.json or index.json depending on its storage back end.
  return fail(ErrorKind::invalid, "image.archive-ambiguous",
              "index.json and manifest.json tell different images",
              "engines that read the one or the other would load different images");
}

}  // namespace sluice::image

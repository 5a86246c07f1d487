// Opening an OCI image layout (OCI image spec, image-layout.md): from index.json through nested indexes to
// one manifest.
#include <algorithm>
#include <set>

#include "base/json.h"
#include "image/fold.h"
#include "image/image_state.h"
#include "image/limits.h"

namespace sluice::image {
namespace {

constexpr const char* k_ref_name = "org.opencontainers.image.ref.name";
constexpr const char* k_containerd_name = "io.containerd.image.name";
constexpr const char* k_docker_reference_type = "vnd.docker.reference.type";  // BuildKit's attestations

struct Candidate {
  Descriptor descriptor;
  std::vector<Digest> via;
  std::set<std::string> names;
  Platform platform;  // by the descriptor, or by the config where the descriptor has none
};

struct Loaded {
  Bytes bytes;
  Manifest manifest;
  Bytes config_bytes;
  ImageConfig config;
};

struct Walk {
  const BlobStore& store;
  std::vector<Candidate> candidates;
  std::size_t visited = 0;
  std::uint64_t document_bytes = 0;

  // Many small manifests may name one large config: what is read while choosing is bounded as a whole.
  Status count(std::uint64_t bytes) {
    document_bytes += bytes;
    if (bytes <= k_max_choice_bytes && document_bytes <= k_max_choice_bytes) return {};
    return fail(ErrorKind::limit, "image.too-large",
                "the indexes and manifests of the image are too large together");
  }
};

std::set<std::string> names_of(const Descriptor& descriptor) {
  std::set<std::string> names;
  for (const char* key : {k_ref_name, k_containerd_name}) {
    const auto found = descriptor.annotations.find(key);
    if (found != descriptor.annotations.end() && !found->second.empty()) names.insert(found->second);
  }
  return names;
}

// Artifacts (signatures, SBOMs, our own evidence) may lie in the same layout.
bool is_artifact(const Descriptor& descriptor) {
  const bool unknown_platform = descriptor.platform && descriptor.platform->os == "unknown";
  return unknown_platform || descriptor.annotations.contains(k_docker_reference_type) ||
         (!descriptor.artifact_type.empty() && !is_image_config(descriptor.artifact_type));
}

void add_candidate(Walk& walk, const Descriptor& descriptor, const std::vector<Digest>& via,
                   const std::set<std::string>& names) {
  for (Candidate& known : walk.candidates) {
    if (known.descriptor.digest != descriptor.digest) continue;
    known.names.insert(names.begin(), names.end());
    return;
  }
  walk.candidates.push_back({descriptor, via, names, descriptor.platform.value_or(Platform{})});
}

Status collect(Walk& walk, const Index& index, const std::vector<Digest>& via,
               const std::set<std::string>& outer) {
  for (const Descriptor& descriptor : index.manifests) {
    if (++walk.visited > k_max_index_descriptors) {
      return fail(ErrorKind::limit, "image.too-large", "the indexes of the image list too many manifests");
    }
    if (is_artifact(descriptor)) continue;
    std::set<std::string> names = names_of(descriptor);
    names.insert(outer.begin(), outer.end());
    const DocumentKind kind = document_kind(descriptor.media_type);
    if (kind == DocumentKind::manifest) add_candidate(walk, descriptor, via, names);
    if (kind != DocumentKind::index) continue;
    if (via.size() + 1 >= k_max_index_depth) {
      return fail(ErrorKind::limit, "image.index-depth", "the indexes of the image are nested too deeply");
    }
    const std::string what = "the index " + descriptor.digest.oci();
    SLUICE_CHECK(walk.count(descriptor.size));
    const Bytes bytes =
        SLUICE_TRY(read_blob(walk.store, descriptor.digest, descriptor.size, k_max_manifest_bytes, what));
    std::vector<Digest> deeper = via;
    deeper.push_back(descriptor.digest);
    const Index inner = SLUICE_TRY(parse_index(bytes, descriptor.media_type, what));
    SLUICE_CHECK(collect(walk, inner, deeper, names));
  }
  return {};
}

// Manifest and config, checked and parsed. Nothing if it is no image but an artifact.
Result<std::optional<Loaded>> load(Walk& walk, const Descriptor& descriptor) {
  const std::string what = "the manifest " + descriptor.digest.oci();
  Loaded loaded;
  SLUICE_CHECK(walk.count(descriptor.size));
  loaded.bytes =
      SLUICE_TRY(read_blob(walk.store, descriptor.digest, descriptor.size, k_max_manifest_bytes, what));
  loaded.manifest = SLUICE_TRY(parse_manifest(loaded.bytes, descriptor.media_type, what));
  const Descriptor& config = loaded.manifest.config;
  if (!is_image_config(config.media_type)) return std::optional<Loaded>();
  SLUICE_CHECK(walk.count(config.size));
  loaded.config_bytes =
      SLUICE_TRY(read_blob(walk.store, config.digest, config.size, k_max_config_bytes, "the image config"));
  loaded.config = SLUICE_TRY(parse_config(loaded.config_bytes));
  return std::optional(std::move(loaded));
}

std::string listing(const std::vector<Candidate>& candidates) {
  constexpr std::size_t k_shown = 10;
  std::string text;
  for (std::size_t i = 0; i < candidates.size() && i < k_shown; ++i) {
    text += (i > 0 ? ", " : "") + candidates[i].platform.text() + " " + candidates[i].descriptor.digest.oci();
    for (const std::string& name : candidates[i].names) text += " (" + name + ")";
  }
  if (candidates.size() > k_shown) text += " and " + std::to_string(candidates.size() - k_shown) + " more";
  return text;
}

Status keep_named(std::vector<Candidate>& candidates, const OpenOptions& options) {
  const std::vector<Candidate> all = candidates;
  if (options.digest) {
    std::erase_if(candidates, [&](const Candidate& candidate) {
      return candidate.descriptor.digest != *options.digest &&
             std::find(candidate.via.begin(), candidate.via.end(), *options.digest) == candidate.via.end();
    });
  }
  if (!options.reference.empty()) {
    std::erase_if(candidates,
                  [&](const Candidate& candidate) { return !candidate.names.contains(options.reference); });
  }
  if (!candidates.empty()) return {};
  return fail(ErrorKind::not_found, "image.reference", "no image here has the name or digest asked for",
              all.empty() ? "" : "there is " + listing(all));
}

Status keep_platform(std::vector<Candidate>& candidates, const OpenOptions& options) {
  if (!options.platform && candidates.size() == 1) return {};
  const Platform wanted = options.platform.value_or(Platform::host());
  const std::vector<Candidate> all = candidates;
  std::erase_if(candidates, [&](const Candidate& candidate) { return !matches(wanted, candidate.platform); });
  if (candidates.empty()) {
    return fail(ErrorKind::not_found, "image.platform", "there is no image for " + wanted.text(),
                "there is " + listing(all));
  }
  if (candidates.size() == 1) return {};
  // Several variants of one architecture: the exact one, else the architecture's plain form.
  std::vector<Candidate> exact = candidates;
  std::erase_if(exact, [&](const Candidate& candidate) { return candidate.platform != wanted; });
  if (exact.size() == 1) candidates = std::move(exact);
  return {};
}

Status check_layout_version(const BlobStore& store) {
  if (!store.has("oci-layout")) return {};  // absent in some old archives; index.json decides
  const Bytes bytes = SLUICE_TRY(read_document(store, "oci-layout", k_max_manifest_bytes));
  const json::Value value = SLUICE_TRY(json::parse(bytes, "oci-layout"));
  const Folded folded = SLUICE_TRY(Folded::of(value, "oci-layout"));
  if (SLUICE_TRY(folded.text("imagelayoutversion")) == "1.0.0") return {};
  return fail(ErrorKind::unsupported, "image.layout-version", "the image layout is not of version 1.0.0");
}

}  // namespace

Status Opener::open_layout(State& state, const OpenOptions& options) {
  SLUICE_CHECK(check_layout_version(*state.store));
  const Bytes bytes = SLUICE_TRY(read_document(*state.store, "index.json", k_max_manifest_bytes));
  Walk walk{*state.store, {}, 0, 0};
  const Index index = SLUICE_TRY(parse_index(bytes, "", "index.json"));
  SLUICE_CHECK(collect(walk, index, {}, {}));
  std::vector<Candidate> images;
  for (Candidate& candidate : walk.candidates) {
    // A descriptor with a platform names an image, and the blobs of other platforms may well be absent.
    if (!candidate.descriptor.platform) {
      const auto loaded = SLUICE_TRY(load(walk, candidate.descriptor));
      if (!loaded) continue;
      candidate.platform = loaded->config.platform;
    }
    images.push_back(std::move(candidate));
  }
  if (images.empty()) return fail(ErrorKind::invalid, "image.no-image", "the layout contains no image");
  SLUICE_CHECK(keep_named(images, options));
  SLUICE_CHECK(keep_platform(images, options));
  if (images.size() > 1) {
    return fail(ErrorKind::usage, "image.ambiguous", "there is more than one image here",
                "name one by its tag, digest or platform: " + listing(images));
  }
  Candidate& chosen = images.front();
  auto loaded = SLUICE_TRY(load(walk, chosen.descriptor));
  if (!loaded) {
    return fail(ErrorKind::invalid, "image.no-image", "the manifest is of an artifact, not of an image");
  }
  const Platform& own = loaded->config.platform;
  if (!matches(chosen.platform, own)) {
    state.problems.add({"image.platform-differs", k_no_layer, "",
                        "the index says " + chosen.platform.text() + ", the image config " + own.text(),
                        false});
  }
  state.manifest_digest = chosen.descriptor.digest;
  state.manifest_bytes = std::move(loaded->bytes);
  state.manifest = std::move(loaded->manifest);
  state.config_bytes = std::move(loaded->config_bytes);
  state.config = std::move(loaded->config);
  state.index_digests = std::move(chosen.via);
  state.references.assign(chosen.names.begin(), chosen.names.end());
  for (const Descriptor& layer : state.manifest.layers) state.layer_paths.push_back(blob_path(layer.digest));
  return {};
}

}  // namespace sluice::image

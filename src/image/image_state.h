// What an open image holds. Private to src/image.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "image/blobs.h"
#include "image/image.h"

namespace sluice::image {

struct Image::State {
  Format format = Format::oci_layout;
  std::unique_ptr<BlobStore> store;
  Digest manifest_digest;
  bool manifest_derived = false;
  Bytes manifest_bytes;
  Manifest manifest;
  Bytes config_bytes;
  ImageConfig config;
  std::vector<Digest> index_digests;
  std::vector<std::string> references;
  std::vector<Layer> layers;
  std::vector<std::string> layer_paths;  // of each layer's blob in the store
  ProblemList problems;
};

// Fills everything but `layers` of a state whose store and format are set. Friend of Image, so that opening
// can be spread over files.
class Opener {
 public:
  using State = Image::State;
  [[nodiscard]] static Status open_layout(State& state, const OpenOptions& options);  // layout.cpp
  [[nodiscard]] static Status open_docker_archive(State& state,
                                                  const OpenOptions& options);  // docker_archive.cpp
  // docker_archive.cpp: an archive with both forms must tell the same image in both.
  [[nodiscard]] static Status check_docker_manifest(const State& state);
};

}  // namespace sluice::image

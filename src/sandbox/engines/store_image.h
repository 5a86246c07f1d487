// An image in the store of an engine that cannot run an unpacked one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "image/image.h"
#include "sandbox/engines/tool_runner.h"

namespace sluice::sandbox {

// Writes the image as `docker load` takes it: configuration and uncompressed layers, both as they are.
[[nodiscard]] Status write_loadable(const image::Image& image, const std::string& name,
                                    const std::string& path);

// Loads it under `name` and checks that what the engine has then are these layers, by digest. `folder` is for
// the archive. Codes: sandbox.tool, sandbox.image-differs.
[[nodiscard]] Status load_image(const ToolRunner& runner, const image::Image& image, const std::string& name,
                                const std::string& folder);

// What an engine calls an image of its store.
struct StoreImage {
  Digest id;                  // of its configuration; of its manifest or index with containerd's image store
  std::vector<Digest> names;  // every digest that the engine knows it by, `id` among them
};

// From `image inspect` of docker, podman or nerdctl: a list of exactly one image. What it says is the tool's
// and is checked: sandbox.inspect.
[[nodiscard]] Result<StoreImage> parse_store_image(std::string_view text);

// That `image` is the one that the engine named: its configuration, its manifest or an index above it bears
// the digest. Code: sandbox.image-differs.
[[nodiscard]] Status check_store_image(const StoreImage& named, const image::Image& image);

}  // namespace sluice::sandbox

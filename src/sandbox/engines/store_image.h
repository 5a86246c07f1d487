// An image in the store of an engine that cannot run an unpacked one.
#pragma once

#include <string>

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

}  // namespace sluice::sandbox

// The documents of an image: index, manifest and config.
#include <cstdint>
#include <cstdlib>

#include "image/config.h"
#include "image/limits.h"
#include "image/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::image;
  const sluice::BytesView bytes(reinterpret_cast<const char*>(data), size);
  const auto index = parse_index(bytes, "", "index.json");
  const auto manifest = parse_manifest(bytes, "application/vnd.oci.image.manifest.v1+json", "the manifest");
  if (index && manifest) std::abort();  // one document must not be both (CVE-2021-41190)
  if (manifest && manifest->layers.size() > k_max_layers) std::abort();
  if (const auto config = parse_config(bytes)) (void)config->env_value("PATH");
  return 0;
}

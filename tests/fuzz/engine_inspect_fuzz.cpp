// What an engine's `image inspect` says: no crash, and what is taken from it are whole digests.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/engines/make_engine.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto image = parse_store_image(text)) {
    if (std::find(image->names.begin(), image->names.end(), image->id) == image->names.end()) std::abort();
    if (text.find(image->id.hex()) == std::string_view::npos && text.find('\\') == std::string_view::npos)
      std::abort();
  }
  if (const auto reference = parse_store_reference(text)) {
    if (reference->reference.empty() || tool_traits(reference->kind) == nullptr) std::abort();
  }
  return 0;
}

// The list of what a container changed, as the launcher sends it: no crash; what is understood is complete,
// and is the same after another journey.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/observe/layer_changes.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = decode_layer(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!report) return 0;
  const auto again = decode_layer(encode(*report));
  if (!again || again->lost != report->lost || again->changes != report->changes) std::abort();
  std::size_t bytes = 0;
  for (const LayerChange& change : report->changes) bytes += change.path.size() + 2;
  if (bytes >= size) std::abort();  // every byte is accounted for: the count, its NUL, and the entries
  return 0;
}

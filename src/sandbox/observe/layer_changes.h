// What a container left in its writable layer, as a list of changed and deleted paths. Independent of what
// the supervisor saw, and out of the program's reach: it is read after the end.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "sandbox/observe/trace.h"

namespace sluice::sandbox {

struct LayerReport {
  std::vector<LayerChange> changes;
  std::uint64_t lost = 0;  // over k_max_traced_layer or too deep, or not readable
};

// Of an overlay's upper directory. A directory that the image has too is no change by itself. Paths of
// `ignored` were made by us.
[[nodiscard]] LayerReport changes_of_upper(int upper, int lower, const std::set<std::string>& ignored);

// Of a whole copy of the image: what is new, has another size or time, or is gone.
[[nodiscard]] LayerReport changes_of_copy(int copy, int lower, const std::set<std::string>& ignored);

[[nodiscard]] std::string encode(const LayerReport& report);
// Code: sandbox.wire.
[[nodiscard]] Result<LayerReport> decode_layer(std::string_view bytes);

}  // namespace sluice::sandbox

// Decompression of layers and archives behind ByteSource: gzip (all members) and zstd (all frames), with
// limits on the number of bytes and on the ratio, so that a small blob cannot become an endless stream.
// Strict: bytes after the last member that do not begin another one are an error, since readers disagree
// about them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "image/byte_source.h"
#include "image/limits.h"

namespace sluice::image {

enum class Compression : std::uint8_t { none, gzip, zstd };

[[nodiscard]] std::string_view to_string(Compression compression);

// By the first bytes (at least 4, if there are as many); anything unknown is `none`.
[[nodiscard]] Compression detect_compression(BytesView start);

struct ExpansionLimits {
  std::uint64_t bytes = k_max_layer_bytes;
  std::uint64_t ratio = k_max_expansion_ratio;
  std::uint64_t ratio_floor = k_expansion_ratio_floor;
};

// `source` must outlive the result. Read errors: image.gzip, image.zstd, image.truncated, image.expansion.
// `none` passes bytes through, still under limits.bytes.
[[nodiscard]] std::unique_ptr<ByteSource> decompress(ByteSource& source, Compression compression,
                                                     const ExpansionLimits& limits = {});

}  // namespace sluice::image

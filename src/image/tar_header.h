// One 512-byte header of a tar archive: fields, numbers, checksum. Private to src/image; TarReader puts
// entries together.
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"
#include "image/tar.h"

namespace sluice::image {

inline constexpr std::size_t k_tar_block = 512;
using TarBlock = std::array<char, k_tar_block>;

inline constexpr std::uint64_t k_max_tar_size = std::uint64_t{1}
                                                << 60;  // no sum of sizes can overflow below it
// The kernel's ids have 32 bits, and the highest means "leave as it is"; cut to 32 bits, 2^32 would become
// root.
inline constexpr std::uint64_t k_max_tar_id = 0xfffffffe;

[[nodiscard]] bool is_zero_block(const TarBlock& block);

// Checks the checksum and reads the fields. Codes: image.tar-checksum, image.tar-number.
[[nodiscard]] Result<TarEntry> parse_tar_header(const TarBlock& block);

}  // namespace sluice::image

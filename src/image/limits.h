// Named limits of reading images. Each is far above what real images need; reaching one is an error (kind
// limit) that names it, never a silent cut.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::image {

inline constexpr std::size_t k_max_layers = 128;                 // docker's own limit is 125
inline constexpr std::size_t k_max_entries = 2'000'000;          // tar entries of one image, all layers
inline constexpr std::size_t k_max_path_bytes = 4096;            // PATH_MAX
inline constexpr std::size_t k_max_name_bytes = 255;             // NAME_MAX
inline constexpr std::uint64_t k_max_manifest_bytes = 4u << 20;  // as registries limit it
inline constexpr std::uint64_t k_max_config_bytes = 8u << 20;
inline constexpr std::size_t k_max_index_depth = 4;                // index in index in …
inline constexpr std::size_t k_max_index_descriptors = 1000;       // in all indexes that are visited
inline constexpr std::uint64_t k_max_choice_bytes = 64u << 20;     // documents read while choosing an image
inline constexpr std::size_t k_max_archive_members = 10'000;       // members of an OCI or docker archive
inline constexpr std::uint64_t k_max_archive_bytes = 64ull << 30;  // of a compressed archive, expanded
inline constexpr std::uint64_t k_max_layer_bytes = 16ull << 30;    // of one layer, expanded
inline constexpr std::uint64_t k_max_expansion_ratio = 200;        // expanded : compressed …
inline constexpr std::uint64_t k_expansion_ratio_floor = 256u << 20;  // … once this much has been expanded
inline constexpr std::size_t k_max_pax_bytes = 1u << 20;  // of one extended header or GNU long name
inline constexpr std::size_t k_max_xattrs = 64;           // of one entry
inline constexpr std::size_t k_max_symlink_hops = 40;     // as Linux
inline constexpr std::size_t k_max_problems = 1000;       // kept; the count goes on

}  // namespace sluice::image

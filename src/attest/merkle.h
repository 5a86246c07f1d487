// Merkle trees of transparency logs (RFC 6962 section 2.1; algorithms as in RFC 9162 section 2.1.3).
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

[[nodiscard]] Bytes merkle_leaf_hash(BytesView leaf);                   // SHA-256(0x00 ‖ leaf)
[[nodiscard]] Bytes merkle_node_hash(BytesView left, BytesView right);  // SHA-256(0x01 ‖ left ‖ right)

// The leaf with that hash is at `index` of the tree of `size` leaves whose root is `root`.
// Code: attest.inclusion-proof.
[[nodiscard]] Status verify_inclusion(std::uint64_t index, std::uint64_t size, BytesView leaf_hash,
                                      const std::vector<Bytes>& path, BytesView root);

// The first `old_size` leaves of the tree of `new_size` leaves are the tree whose root was `old_root`:
// nothing was changed or taken away since. Sizes must be positive. Code: attest.consistency-proof.
[[nodiscard]] Status verify_consistency(std::uint64_t old_size, BytesView old_root, std::uint64_t new_size,
                                        BytesView new_root, const std::vector<Bytes>& proof);

}  // namespace sluice::attest

#include "attest/merkle.h"

#include "base/digest.h"

namespace sluice::attest {
namespace {

constexpr std::size_t k_hash_bytes = 32;

[[nodiscard]] Bytes raw(const Digest& digest) {
  return Bytes(reinterpret_cast<const char*>(digest.raw().data()), digest.raw().size());
}

[[nodiscard]] tl::unexpected<Error> bad_proof(std::string message) {
  return fail(ErrorKind::crypto, "attest.inclusion-proof", "the inclusion proof does not hold: " + message);
}

}  // namespace

Bytes merkle_leaf_hash(BytesView leaf) {
  Sha256 hash;
  hash.update(BytesView("\x00", 1));
  hash.update(leaf);
  return raw(hash.finish());
}

Bytes merkle_node_hash(BytesView left, BytesView right) {
  Sha256 hash;
  hash.update(BytesView("\x01", 1));
  hash.update(left);
  hash.update(right);
  return raw(hash.finish());
}

Status verify_inclusion(std::uint64_t index, std::uint64_t size, BytesView leaf_hash,
                        const std::vector<Bytes>& path, BytesView root) {
  if (index >= size) {
    return bad_proof("index " + std::to_string(index) + " is not in a tree of " + std::to_string(size));
  }
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Bytes hash(leaf_hash);
  for (const Bytes& sibling : path) {
    if (sibling.size() != k_hash_bytes) return bad_proof("a hash is not of 32 bytes");
    if (last == 0) return bad_proof("the path is too long");
    if ((node & 1) != 0 || node == last) {
      hash = merkle_node_hash(sibling, hash);
      // A right edge without a sibling: go up to where this node is a right child.
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = merkle_node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return bad_proof("the path is too short");
  if (hash != root) return bad_proof("it leads to another root");
  return {};
}

// RFC 9162 section 2.1.4.2.
Status verify_consistency(std::uint64_t old_size, BytesView old_root, std::uint64_t new_size,
                          BytesView new_root, const std::vector<Bytes>& proof) {
  const auto refuse = [](std::string message) {
    return fail(ErrorKind::crypto, "attest.consistency-proof",
                "the consistency proof does not hold: " + message);
  };
  if (old_size == 0 || old_size > new_size)
    return refuse("the older tree is empty or larger than the newer one");
  if (old_size == new_size) {
    if (!proof.empty()) return refuse("the path is too long");
    return old_root == new_root ? Status() : refuse("one size has two roots");
  }
  // A complete older tree is itself the first node of the path, and is left out of the proof.
  const bool complete = (old_size & (old_size - 1)) == 0;
  if (proof.empty()) return refuse("the path is too short");
  std::size_t next = 0;
  Bytes old_hash(complete ? old_root : BytesView(proof[next++]));
  Bytes new_hash = old_hash;
  std::uint64_t node = old_size - 1;
  std::uint64_t last = new_size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  for (; next < proof.size(); ++next) {
    const Bytes& hash = proof[next];
    if (hash.size() != k_hash_bytes) return refuse("a hash is not of 32 bytes");
    if (last == 0) return refuse("the path is too long");
    if ((node & 1) != 0 || node == last) {
      old_hash = merkle_node_hash(hash, old_hash);
      new_hash = merkle_node_hash(hash, new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = merkle_node_hash(new_hash, hash);
    }
    node >>= 1;
    last >>= 1;
  }
  if (last != 0) return refuse("the path is too short");
  if (old_hash != old_root) return refuse("it does not lead to the older root");
  if (new_hash != new_root) return refuse("it does not lead to the newer root");
  return {};
}

}  // namespace sluice::attest

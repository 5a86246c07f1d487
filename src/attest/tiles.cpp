#include "attest/tiles.h"

#include <algorithm>
#include <bit>

#include "attest/merkle.h"
#include "base/digest.h"
#include "base/file.h"

namespace sluice::attest {
namespace {

constexpr std::uint64_t k_tile_height = 8;
constexpr std::size_t k_hash_bytes = 32;
constexpr std::size_t k_max_bundle_bytes = k_tile_width * (k_max_log_entry_bytes + 2);
constexpr std::size_t k_max_cached_tiles = 4096;  // 32 MiB

[[nodiscard]] tl::unexpected<Error> broken(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the ledger: " + message);
}

// Name of a tile or bundle of which `width` places are filled.
[[nodiscard]] std::string file_name(const std::string& kind, std::uint64_t n, std::uint64_t width) {
  return "tile/" + kind + "/" + tile_number(n) + (width < k_tile_width ? ".p/" + std::to_string(width) : "");
}

[[nodiscard]] Status write_file(const std::string& folder, const std::string& name, BytesView bytes) {
  const std::string path = folder + "/" + name;
  SLUICE_CHECK(make_directories(path.substr(0, path.rfind('/'))));
  return write_file_atomic(path, bytes);
}

// How many hashes level `level` has in a tree of `size` leaves.
[[nodiscard]] std::uint64_t count_at(std::uint64_t level, std::uint64_t size) {
  return level * k_tile_height >= 64 ? 0 : size >> (level * k_tile_height);
}

// Places filled in tile `n` of a row of `count` things.
[[nodiscard]] std::uint64_t width_of(std::uint64_t n, std::uint64_t count) {
  return std::min(k_tile_width, count - n * k_tile_width);
}

// Where RFC 6962 splits a tree of that size: the largest power of two below it.
[[nodiscard]] std::uint64_t split_of(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

void append_entry(Bytes& out, BytesView entry) {
  out += static_cast<char>(entry.size() >> 8);
  out += static_cast<char>(entry.size() & 0xff);
  out += entry;
}

[[nodiscard]] Bytes tile_root(BytesView tile) {
  std::vector<Bytes> row;
  for (std::size_t at = 0; at < tile.size(); at += k_hash_bytes)
    row.emplace_back(tile.substr(at, k_hash_bytes));
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) row[i] = merkle_node_hash(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row.front();
}

}  // namespace

std::string tile_number(std::uint64_t n) {
  const auto three = [](std::uint64_t part) {
    std::string digits = std::to_string(part);
    return digits.insert(0, 3 - digits.size(), '0');
  };
  std::string out = three(n % 1000);
  while (n >= 1000) {
    n /= 1000;
    out.insert(0, "x" + three(n % 1000) + "/");
  }
  return out;
}

Result<Bytes> Tiles::read_tile(std::uint64_t level, std::uint64_t n) {
  const auto key = std::make_pair(level, n);
  if (const auto found = cache_.find(key); found != cache_.end()) return found->second;
  const std::uint64_t width = width_of(n, count_at(level, size_));
  const std::string name = file_name(std::to_string(level), n, width);
  Bytes bytes = SLUICE_TRY(read_file(folder_ + "/" + name, k_tile_width * k_hash_bytes));
  if (bytes.size() != width * k_hash_bytes) return broken("attest.ledger-tile", name + " has the wrong size");
  if (cache_.size() >= k_max_cached_tiles) cache_.clear();
  cache_.emplace(key, bytes);
  return bytes;
}

Result<Bytes> Tiles::subtree(std::uint64_t height, std::uint64_t n) {
  const std::uint64_t level = height / k_tile_height;
  const std::uint64_t inside = height % k_tile_height;  // levels above the tile's own hashes
  const std::uint64_t first = n << inside;
  const Bytes tile = SLUICE_TRY(read_tile(level, first / k_tile_width));
  const std::size_t begin = (first % k_tile_width) * k_hash_bytes;
  return tile_root(BytesView(tile).substr(begin, (std::size_t{1} << inside) * k_hash_bytes));
}

Result<Bytes> Tiles::range(std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t size = end - begin;
  if (std::has_single_bit(size))
    return subtree(static_cast<std::uint64_t>(std::countr_zero(size)), begin / size);
  const std::uint64_t middle = begin + split_of(size);
  const Bytes left = SLUICE_TRY(range(begin, middle));
  const Bytes right = SLUICE_TRY(range(middle, end));
  return merkle_node_hash(left, right);
}

Result<Bytes> Tiles::root(std::uint64_t size) {
  if (size > size_) return fail(ErrorKind::usage, "attest.ledger-size", "the ledger is not that long");
  if (size > 0) return range(0, size);
  const Digest nothing = sha256("");
  return Bytes(reinterpret_cast<const char*>(nothing.raw().data()), nothing.raw().size());
}

Status Tiles::path(std::uint64_t index, std::uint64_t begin, std::uint64_t end, std::vector<Bytes>& out) {
  if (end - begin == 1) return {};
  const std::uint64_t middle = begin + split_of(end - begin);
  if (index < middle) {
    SLUICE_CHECK(path(index, begin, middle, out));
    out.push_back(SLUICE_TRY(range(middle, end)));
  } else {
    SLUICE_CHECK(path(index, middle, end, out));
    out.push_back(SLUICE_TRY(range(begin, middle)));
  }
  return {};
}

Result<std::vector<Bytes>> Tiles::inclusion_proof(std::uint64_t index, std::uint64_t size) {
  if (size > size_ || index >= size)
    return fail(ErrorKind::usage, "attest.ledger-size", "the ledger is not that long");
  std::vector<Bytes> out;
  SLUICE_CHECK(path(index, 0, size, out));
  return out;
}

// RFC 6962's SUBPROOF(size, D[begin:end], whole).
Status Tiles::old_path(std::uint64_t size, std::uint64_t begin, std::uint64_t end, bool whole,
                       std::vector<Bytes>& out) {
  if (size == end - begin) {
    if (!whole) out.push_back(SLUICE_TRY(range(begin, end)));
    return {};
  }
  const std::uint64_t split = split_of(end - begin);
  if (size <= split) {
    SLUICE_CHECK(old_path(size, begin, begin + split, whole, out));
    out.push_back(SLUICE_TRY(range(begin + split, end)));
  } else {
    SLUICE_CHECK(old_path(size - split, begin + split, end, false, out));
    out.push_back(SLUICE_TRY(range(begin, begin + split)));
  }
  return {};
}

Result<std::vector<Bytes>> Tiles::consistency_proof(std::uint64_t old_size, std::uint64_t new_size) {
  if (old_size == 0 || old_size > new_size || new_size > size_) {
    return fail(ErrorKind::usage, "attest.ledger-size", "there is no proof between these sizes");
  }
  std::vector<Bytes> out;
  if (old_size < new_size) SLUICE_CHECK(old_path(old_size, 0, new_size, true, out));
  return out;
}

Result<std::vector<Bytes>> Tiles::entries(std::uint64_t bundle) {
  const std::uint64_t width = width_of(bundle, size_);
  const std::string name = file_name("entries", bundle, width);
  const Bytes bytes = SLUICE_TRY(read_file(folder_ + "/" + name, k_max_bundle_bytes));
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at < 2) return broken("attest.ledger-entries", name + " is cut");
    const std::size_t size =
        (std::size_t{static_cast<unsigned char>(bytes[at])} << 8) | static_cast<unsigned char>(bytes[at + 1]);
    if (bytes.size() - at - 2 < size) return broken("attest.ledger-entries", name + " is cut");
    out.push_back(bytes.substr(at + 2, size));
    at += 2 + size;
  }
  if (out.size() != width) return broken("attest.ledger-entries", name + " has the wrong number of entries");
  return out;
}

Status Tiles::write_entries(const std::vector<Bytes>& more) {
  Bytes bundle;
  std::uint64_t n = size_ / k_tile_width;
  std::uint64_t width = size_ % k_tile_width;
  if (width > 0) {
    for (const Bytes& entry : SLUICE_TRY(entries(n))) append_entry(bundle, entry);
  }
  for (std::size_t i = 0; i < more.size(); ++i) {
    append_entry(bundle, more[i]);
    ++width;
    if (width < k_tile_width && i + 1 < more.size()) continue;
    SLUICE_CHECK(write_file(folder_, file_name("entries", n, width), bundle));
    bundle.clear();
    width = 0;
    ++n;
  }
  return {};
}

// Appends `hashes` to a row that had `old_count`; the roots of tiles that become full go one level up.
Status Tiles::write_level(std::uint64_t level, std::uint64_t old_count, std::vector<Bytes> hashes) {
  if (hashes.empty()) return {};
  Bytes tile;
  std::vector<Bytes> up;
  std::uint64_t n = old_count / k_tile_width;
  if (old_count % k_tile_width > 0) tile = SLUICE_TRY(read_tile(level, n));
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    tile += hashes[i];
    const std::uint64_t width = tile.size() / k_hash_bytes;
    if (width < k_tile_width && i + 1 < hashes.size()) continue;
    SLUICE_CHECK(write_file(folder_, file_name(std::to_string(level), n, width), tile));
    if (width == k_tile_width) up.push_back(tile_root(tile));
    tile.clear();
    ++n;
  }
  return write_level(level + 1, old_count / k_tile_width, std::move(up));
}

Status Tiles::append(const std::vector<Bytes>& more) {
  std::vector<Bytes> leaves;
  for (const Bytes& entry : more) {
    if (entry.size() > k_max_log_entry_bytes) {
      return fail(ErrorKind::limit, "attest.ledger-entry-size",
                  "an entry of the ledger has more than 65535 bytes");
    }
    leaves.push_back(merkle_leaf_hash(entry));
  }
  SLUICE_CHECK(write_entries(more));
  SLUICE_CHECK(write_level(0, size_, std::move(leaves)));
  size_ += more.size();
  cache_.clear();  // partial tiles have grown
  return {};
}

Status Tiles::check() {
  std::vector<Bytes> hashes;
  for (std::uint64_t bundle = 0; bundle * k_tile_width < size_; ++bundle) {
    for (const Bytes& entry : SLUICE_TRY(entries(bundle))) hashes.push_back(merkle_leaf_hash(entry));
  }
  for (std::uint64_t level = 0; !hashes.empty(); ++level) {
    std::vector<Bytes> up;
    for (std::uint64_t n = 0; n * k_tile_width < hashes.size(); ++n) {
      Bytes expected;
      const std::uint64_t width = width_of(n, hashes.size());
      for (std::uint64_t i = 0; i < width; ++i) expected += hashes[n * k_tile_width + i];
      const Bytes found = SLUICE_TRY(read_tile(level, n));
      if (found != expected) {
        return broken("attest.ledger-tile",
                      file_name(std::to_string(level), n, width) + " is not what its entries say");
      }
      if (width == k_tile_width) up.push_back(tile_root(expected));
    }
    hashes = std::move(up);
  }
  return {};
}

}  // namespace sluice::attest

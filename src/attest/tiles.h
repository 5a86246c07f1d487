// The files of a transparency log (C2SP tlog-tiles): 256 hashes a tile, 256 entries a bundle, and the hash of
// any complete subtree out of them. Knows files and hashes; which of them are signed is Ledger's business.
//
//   tile/<level>/<n>[.p/<width>]     hashes of the subtrees of 256^level leaves
//   tile/entries/<n>[.p/<width>]     entries, each with a length of two bytes before it
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_log_entry_bytes = 65'535;
inline constexpr std::uint64_t k_tile_width = 256;

// "x001/x234/067" for 1234067: three digits a folder.
[[nodiscard]] std::string tile_number(std::uint64_t n);

// One log's files, as they are for a tree of `size` leaves. Not thread-safe.
class Tiles {
 public:
  Tiles(std::string folder, std::uint64_t size) : folder_(std::move(folder)), size_(size) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // Root of the first `size` leaves (size ≤ size()); of none: SHA-256 of nothing (RFC 6962 section 2.1).
  [[nodiscard]] Result<Bytes> root(std::uint64_t size);
  // Audit path and consistency proof (RFC 6962 sections 2.1.1 and 2.1.2).
  [[nodiscard]] Result<std::vector<Bytes>> inclusion_proof(std::uint64_t index, std::uint64_t size);
  [[nodiscard]] Result<std::vector<Bytes>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size);
  [[nodiscard]] Result<std::vector<Bytes>> entries(std::uint64_t bundle);  // of the bundle with that number

  // Writes the tiles and bundles for `more` entries; size() is then larger. Files of the smaller tree stay,
  // so that a crash before the new checkpoint loses nothing and a reader of the old one still finds its
  // tiles.
  [[nodiscard]] Status append(const std::vector<Bytes>& more);

  // Every hash tile is what the entries say it must be. Codes: attest.ledger-tile, attest.ledger-entries.
  [[nodiscard]] Status check();

 private:
  [[nodiscard]] Result<Bytes> read_tile(std::uint64_t level, std::uint64_t n);
  [[nodiscard]] Result<Bytes> subtree(std::uint64_t height, std::uint64_t n);  // complete, of 2^height leaves
  [[nodiscard]] Result<Bytes> range(std::uint64_t begin, std::uint64_t end);   // begin aligned as in RFC 6962
  [[nodiscard]] Status path(std::uint64_t index, std::uint64_t begin, std::uint64_t end,
                            std::vector<Bytes>& out);
  [[nodiscard]] Status old_path(std::uint64_t size, std::uint64_t begin, std::uint64_t end, bool whole,
                                std::vector<Bytes>& out);
  [[nodiscard]] Status write_level(std::uint64_t level, std::uint64_t old_count, std::vector<Bytes> hashes);
  [[nodiscard]] Status write_entries(const std::vector<Bytes>& more);

  std::string folder_;
  std::uint64_t size_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Bytes> cache_;  // tiles read, by level and number
};

}  // namespace sluice::attest

// ByteSource: a stream of bytes that is read once, front to back. Files, memory, hashing and decompression
// compose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/result.h"

namespace sluice::image {

inline constexpr std::size_t k_chunk_bytes = 128u << 10;

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `size` bytes into `buffer`; 0 means the end, and only that.
  [[nodiscard]] virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
  // Passes over up to `count` bytes; returns how many, fewer only at the end. The default reads them.
  [[nodiscard]] virtual Result<std::uint64_t> skip(std::uint64_t count);
};

// Exactly `size` bytes; at an early end the error is image.truncated and names `what`.
[[nodiscard]] Status read_exactly(ByteSource& source, char* buffer, std::size_t size, std::string_view what);
// Everything that is left. More than `max_bytes` is an error (image.too-large).
[[nodiscard]] Result<Bytes> read_all(ByteSource& source, std::uint64_t max_bytes, std::string_view what);
// Reads to the end and throws away; returns the number of bytes.
[[nodiscard]] Result<std::uint64_t> drain(ByteSource& source);

// Holds a view: the bytes must outlive it.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(BytesView bytes) : rest_(bytes) {}
  [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size) override;
  [[nodiscard]] Result<std::uint64_t> skip(std::uint64_t count) override;

 private:
  BytesView rest_;
};

// A range of an open file, by pread: several sources may share one descriptor, from several threads.
// A file that ends before the range does is an error (image.truncated): it changed under us.
class FileSource final : public ByteSource {
 public:
  FileSource(std::shared_ptr<const Fd> fd, std::uint64_t offset, std::uint64_t size)
      : fd_(std::move(fd)), offset_(offset), left_(size) {}
  [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size) override;
  [[nodiscard]] Result<std::uint64_t> skip(std::uint64_t count) override;
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  std::shared_ptr<const Fd> fd_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

// Hashes and counts what flows through; never skips unseen. `source` must outlive it.
class HashingSource final : public ByteSource {
 public:
  explicit HashingSource(ByteSource& source) : source_(source) {}
  [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size) override;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Digest finish() { return hash_.finish(); }  // once, after the end

 private:
  ByteSource& source_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
};

}  // namespace sluice::image

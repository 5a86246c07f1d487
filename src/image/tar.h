// TarReader: a streaming reader of tar archives: POSIX ustar, GNU (long names and links, base-256 numbers)
// and pax.
//
// Our own, about 300 lines, instead of libarchive: an image's layers are hostile input, and what must be read
// is one format as four writers make it. libarchive brings a dozen formats, filters, ACLs and disk writers,
// and has had memory errors in just those; and it accepts what container runtimes refuse, so its view of a
// layer would not be theirs. Where implementations disagree about the meaning of bytes (global headers that
// rename, sparse files, both a GNU and a pax name), reading fails: a scanner that sees another tree than the
// runtime is worse than none.
//
// Formats: POSIX.1-2017 pax; GNU tar manual, "Basic Tar Format".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/byte_source.h"

namespace sluice::image {

enum class EntryKind : std::uint8_t { regular, hardlink, symlink, character, block, directory, fifo, other };

[[nodiscard]] std::string_view to_string(EntryKind kind);

struct TarEntry {
  std::string path;  // as stored, raw bytes: not normalised, not trusted
  std::string link;  // target of a symbolic or hard link, as stored
  EntryKind kind = EntryKind::regular;
  char type_flag = '0';    // as stored, for messages
  std::uint32_t mode = 0;  // permission bits with setuid, setgid and sticky: 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;  // of the content that follows; 0 for all but regular files and `other`
  std::int64_t mtime = 0;  // seconds since the epoch
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  // by full name, e.g. "security.capability"
  bool size_on_header_only =
      false;  // a link, directory or device claimed a size; read as 0, as Go's reader does
};

// Reads entries front to back. `source` must outlive it. Not thread-safe.
//   while (auto entry = SLUICE_TRY(tar.next())) { … tar.read(…) … }
// Codes: image.truncated, image.tar-checksum, image.tar-number, image.tar-pax, image.tar-long-name,
// image.tar-global-header, image.tar-sparse, image.tar-end, image.too-large.
class TarReader final : public ByteSource {
 public:
  explicit TarReader(ByteSource& source) : source_(source) {}

  // The next entry, or nothing at the end of the archive. What the caller did not read of the last one is
  // skipped.
  [[nodiscard]] Result<std::optional<TarEntry>> next();

  // Content of the current entry.
  [[nodiscard]] Result<std::size_t> read(char* buffer, std::size_t size) override;
  [[nodiscard]] Result<std::uint64_t> skip(std::uint64_t count) override;

  // After the last entry: reads the source to its end. True if anything but zero bytes followed the archive's
  // end, which no runtime looks at.
  [[nodiscard]] Result<bool> finish();

  // Bytes of the source up to the content of the current entry.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  struct Overrides;
  Result<std::size_t> pull(char* buffer, std::size_t size);
  Result<std::uint64_t> pass(std::uint64_t count);
  Result<bool> read_block(char* block);
  Status skip_rest();
  Result<Bytes> read_meta(std::uint64_t size, std::string_view what);

  ByteSource& source_;
  std::string buffer_;  // read ahead, so that headers do not cost a call of the whole chain each
  std::size_t position_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t left_ = 0;     // of the current entry's content
  std::uint64_t padding_ = 0;  // behind it, up to the next block
  std::uint64_t offset_ = 0;
  bool ended_ = false;
};

}  // namespace sluice::image

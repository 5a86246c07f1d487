#include "image/byte_source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace sluice::image {

Result<std::uint64_t> ByteSource::skip(std::uint64_t count) {
  std::array<char, 16u << 10> scratch;
  std::uint64_t done = 0;
  while (done < count) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(scratch.size(), count - done));
    const std::size_t got = SLUICE_TRY(read(scratch.data(), want));
    if (got == 0) break;
    done += got;
  }
  return done;
}

Status read_exactly(ByteSource& source, char* buffer, std::size_t size, std::string_view what) {
  std::size_t done = 0;
  while (done < size) {
    const std::size_t got = SLUICE_TRY(source.read(buffer + done, size - done));
    if (got == 0) return fail(ErrorKind::invalid, "image.truncated", std::string(what) + " ends early");
    done += got;
  }
  return {};
}

Result<Bytes> read_all(ByteSource& source, std::uint64_t max_bytes, std::string_view what) {
  Bytes bytes;
  while (true) {
    const std::size_t before = bytes.size();
    const std::uint64_t room = max_bytes - before;
    // One byte over the limit is asked for, so that "exactly the limit" and "more" can be told apart.
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(k_chunk_bytes, room + 1));
    bytes.resize(before + want);
    const std::size_t got = SLUICE_TRY(source.read(bytes.data() + before, want));
    bytes.resize(before + got);
    if (got == 0) return bytes;
    if (bytes.size() > max_bytes) {
      return fail(ErrorKind::limit, "image.too-large",
                  std::string(what) + " is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

Result<std::uint64_t> drain(ByteSource& source) {
  std::string buffer(k_chunk_bytes, '\0');
  std::uint64_t total = 0;
  while (true) {
    const std::size_t got = SLUICE_TRY(source.read(buffer.data(), buffer.size()));
    if (got == 0) return total;
    total += got;
  }
}

Result<std::size_t> MemorySource::read(char* buffer, std::size_t size) {
  const std::size_t count = std::min(size, rest_.size());
  if (count > 0) std::memcpy(buffer, rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

Result<std::uint64_t> MemorySource::skip(std::uint64_t count) {
  const auto done = static_cast<std::size_t>(std::min<std::uint64_t>(count, rest_.size()));
  rest_.remove_prefix(done);
  return done;
}

Result<std::size_t> FileSource::read(char* buffer, std::size_t size) {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
  if (want == 0) return std::size_t{0};
  while (true) {
    const ssize_t got = ::pread(fd_->get(), buffer, want, static_cast<off_t>(offset_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("image.read", "cannot read the image", errno);
    if (got == 0) return fail(ErrorKind::invalid, "image.truncated", "the image file ends early");
    offset_ += static_cast<std::uint64_t>(got);
    left_ -= static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
}

Result<std::uint64_t> FileSource::skip(std::uint64_t count) {
  const std::uint64_t done = std::min(count, left_);
  offset_ += done;
  left_ -= done;
  return done;
}

Result<std::size_t> HashingSource::read(char* buffer, std::size_t size) {
  const std::size_t got = SLUICE_TRY(source_.read(buffer, size));
  hash_.update({buffer, got});
  count_ += got;
  return got;
}

}  // namespace sluice::image

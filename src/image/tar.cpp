#include "image/tar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "image/limits.h"
#include "image/tar_header.h"

namespace sluice::image {
namespace {

constexpr std::size_t k_block = k_tar_block;
constexpr std::size_t k_read_ahead = 64u << 10;

tl::unexpected<Error> bad(std::string code, std::string message) {
  return fail(ErrorKind::invalid, std::move(code), std::move(message));
}

bool carries_content(EntryKind kind) {
  return kind == EntryKind::regular || kind == EntryKind::other;
}

template <typename T>
bool parse_decimal(std::string_view digits, T& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} && end == digits.data() + digits.size() && !digits.empty() && digits[0] != '+';
}

// The records of a pax header, "LENGTH KEY=VALUE\n" each.
Result<std::map<std::string, std::string>> parse_pax(std::string_view bytes) {
  std::map<std::string, std::string> records;
  while (!bytes.empty()) {
    const std::size_t blank = bytes.find(' ');
    std::size_t length = 0;
    if (blank == std::string_view::npos || !parse_decimal(bytes.substr(0, blank), length) ||
        length <= blank + 2 || length > bytes.size() || bytes[length - 1] != '\n') {
      return bad("image.tar-pax", "a pax record has a wrong length");
    }
    const std::string_view record = bytes.substr(blank + 1, length - blank - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return bad("image.tar-pax", "a pax record has no key");
    std::string key(record.substr(0, equals));
    if (!records.emplace(std::move(key), record.substr(equals + 1)).second) {
      return bad("image.tar-pax", "a pax header has a key twice");
    }
    bytes.remove_prefix(length);
  }
  return records;
}

}  // namespace

// What the headers before an entry say about it.
struct TarReader::Overrides {
  std::map<std::string, std::string> pax;
  bool has_pax = false;
  std::optional<std::string> long_name;
  std::optional<std::string> long_link;

  [[nodiscard]] bool any() const { return has_pax || long_name || long_link; }

  // The value of a pax key; an empty one means "not given" (POSIX), i.e. the header field holds.
  [[nodiscard]] const std::string* get(const char* key) const {
    const auto found = pax.find(key);
    return found == pax.end() || found->second.empty() ? nullptr : &found->second;
  }

  Status apply(TarEntry& entry) const {
    if ((long_name && get("path") != nullptr) || (long_link && get("linkpath") != nullptr)) {
      return bad("image.tar-long-name", "a tar entry has both a GNU and a pax name");
    }
    if (long_name) entry.path = *long_name;
    if (long_link) entry.link = *long_link;
    for (const auto& [key, value] : pax) {
      if (key.starts_with("GNU.sparse."))
        return bad("image.tar-sparse", "sparse tar entries are not supported");
      if ((key == "path" || key == "linkpath") && value.find('\0') != std::string::npos) {
        return bad("image.tar-pax", "a pax name contains a NUL byte");
      }
      if (key.starts_with("SCHILY.xattr.")) entry.xattrs.emplace(key.substr(13), value);
    }
    if (entry.xattrs.size() > k_max_xattrs)
      return fail(ErrorKind::limit, "image.too-large", "an entry has too many xattrs");
    if (const auto* path = get("path")) entry.path = *path;
    if (const auto* link = get("linkpath")) entry.link = *link;
    SLUICE_CHECK(decimal("size", entry.size, k_max_tar_size));
    SLUICE_CHECK(decimal("uid", entry.uid, k_max_tar_id));
    SLUICE_CHECK(decimal("gid", entry.gid, k_max_tar_id));
    if (const auto* mtime = get("mtime")) {
      const std::string_view seconds = std::string_view(*mtime).substr(0, mtime->find('.'));
      if (!parse_decimal(seconds, entry.mtime)) return bad("image.tar-pax", "a pax mtime is no number");
    }
    return {};
  }

 private:
  template <typename T>
  Status decimal(const char* key, T& value, std::uint64_t max) const {
    const std::string* found = get(key);
    if (found != nullptr && (!parse_decimal(*found, value) || value > max)) {
      return bad("image.tar-pax", std::string("a pax ") + key + " is no number");
    }
    return {};
  }
};

std::string_view to_string(EntryKind kind) {
  switch (kind) {
    case EntryKind::regular:
      return "file";
    case EntryKind::hardlink:
      return "hard link";
    case EntryKind::symlink:
      return "symbolic link";
    case EntryKind::character:
      return "character device";
    case EntryKind::block:
      return "block device";
    case EntryKind::directory:
      return "directory";
    case EntryKind::fifo:
      return "fifo";
    case EntryKind::other:
      break;
  }
  return "unknown entry";
}

// From the buffer, or straight from the source when it is empty and the read is large.
Result<std::size_t> TarReader::pull(char* buffer, std::size_t size) {
  if (position_ == filled_) {
    if (size >= k_read_ahead) {
      const std::size_t got = SLUICE_TRY(source_.read(buffer, size));
      offset_ += got;
      return got;
    }
    if (buffer_.empty()) buffer_.resize(k_read_ahead);
    filled_ = SLUICE_TRY(source_.read(buffer_.data(), buffer_.size()));
    position_ = 0;
  }
  const std::size_t count = std::min(size, filled_ - position_);
  std::copy_n(buffer_.data() + position_, count, buffer);
  position_ += count;
  offset_ += count;
  return count;
}

Result<std::uint64_t> TarReader::pass(std::uint64_t count) {
  const auto buffered = static_cast<std::size_t>(std::min<std::uint64_t>(count, filled_ - position_));
  position_ += buffered;
  const std::uint64_t rest = buffered < count ? SLUICE_TRY(source_.skip(count - buffered)) : 0;
  offset_ += buffered + rest;
  return buffered + rest;
}

Result<bool> TarReader::read_block(char* block) {
  std::size_t done = 0;
  while (done < k_block) {
    const std::size_t got = SLUICE_TRY(pull(block + done, k_block - done));
    if (got == 0) break;
    done += got;
  }
  if (done == 0) return false;
  if (done < k_block) return bad("image.truncated", "the tar archive ends inside a header");
  return true;
}

Status TarReader::skip_rest() {
  const std::uint64_t want = left_ + padding_;
  const std::uint64_t got = SLUICE_TRY(pass(want));
  if (got < left_) return bad("image.truncated", "the tar archive ends inside the content of an entry");
  left_ = padding_ = 0;
  return {};
}

Result<Bytes> TarReader::read_meta(std::uint64_t size, std::string_view what) {
  if (size > k_max_pax_bytes) {
    return fail(ErrorKind::limit, "image.too-large", std::string(what) + " of a tar entry is too large");
  }
  left_ = size;
  Bytes bytes(static_cast<std::size_t>(size), '\0');
  SLUICE_CHECK(read_exactly(*this, bytes.data(), bytes.size(), what));
  padding_ = (k_block - size % k_block) % k_block;
  SLUICE_CHECK(skip_rest());
  return bytes;
}

namespace {

// Global headers: only a comment is harmless (git archive writes one). Tar programs apply the rest to all
// entries that follow, Go's reader does not.
Status check_global(std::string_view bytes) {
  const auto records = SLUICE_TRY(parse_pax(bytes));
  for (const auto& [key, value] : records) {
    if (key != "comment") return bad("image.tar-global-header", "a global pax header sets \"" + key + "\"");
  }
  return {};
}

}  // namespace

Result<std::optional<TarEntry>> TarReader::next() {
  SLUICE_CHECK(skip_rest());
  Overrides overrides;
  TarBlock block;
  while (!ended_) {
    if (!SLUICE_TRY(read_block(block.data())) || is_zero_block(block)) {
      // An archive without end blocks is taken as every reader takes it; half an end is not.
      if (overrides.any()) return bad("image.truncated", "the tar archive ends after an extended header");
      const bool half_end = SLUICE_TRY(read_block(block.data())) && !is_zero_block(block);
      if (half_end) return bad("image.tar-end", "the tar archive goes on after a block of zeros");
      ended_ = true;
      break;
    }
    TarEntry entry = SLUICE_TRY(parse_tar_header(block));
    switch (entry.type_flag) {
      case 'x': {
        if (overrides.has_pax) return bad("image.tar-pax", "a tar entry has two pax headers");
        overrides.has_pax = true;
        const Bytes records = SLUICE_TRY(read_meta(entry.size, "pax header"));
        overrides.pax = SLUICE_TRY(parse_pax(records));
        continue;
      }
      case 'g': {
        const Bytes records = SLUICE_TRY(read_meta(entry.size, "global pax header"));
        SLUICE_CHECK(check_global(records));
        continue;
      }
      case 'L':
      case 'K': {
        auto& slot = entry.type_flag == 'L' ? overrides.long_name : overrides.long_link;
        if (slot) return bad("image.tar-long-name", "a tar entry has two GNU long names");
        slot = SLUICE_TRY(read_meta(entry.size, "GNU long name"));
        slot->resize(std::min(slot->size(), slot->find('\0')));
        continue;
      }
      case 'S':
        return bad("image.tar-sparse", "sparse tar entries are not supported");
      default:
        break;
    }
    SLUICE_CHECK(overrides.apply(entry));
    // A name that ends in "/" is a directory in the old format, which had no type for it.
    if (entry.type_flag == '\0' && entry.path.ends_with('/')) entry.kind = EntryKind::directory;
    if (!carries_content(entry.kind)) entry.size_on_header_only = std::exchange(entry.size, 0) != 0;
    if (entry.size > k_max_tar_size)
      return bad("image.tar-number", "the size of a tar entry is out of range");
    left_ = entry.size;
    padding_ = (k_block - entry.size % k_block) % k_block;
    return std::optional<TarEntry>(std::move(entry));
  }
  return std::optional<TarEntry>();
}

Result<std::size_t> TarReader::read(char* buffer, std::size_t size) {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
  if (want == 0) return std::size_t{0};
  const std::size_t got = SLUICE_TRY(pull(buffer, want));
  if (got == 0) return bad("image.truncated", "the tar archive ends inside the content of an entry");
  left_ -= got;
  return got;
}

Result<std::uint64_t> TarReader::skip(std::uint64_t count) {
  const std::uint64_t want = std::min(count, left_);
  const std::uint64_t got = SLUICE_TRY(pass(want));
  if (got < want) return bad("image.truncated", "the tar archive ends inside the content of an entry");
  left_ -= got;
  return got;
}

Result<bool> TarReader::finish() {
  std::string buffer(k_chunk_bytes, '\0');
  bool junk = false;
  while (true) {
    const std::size_t got = SLUICE_TRY(pull(buffer.data(), buffer.size()));
    if (got == 0) return junk;
    junk = junk || std::any_of(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got),
                               [](char byte) { return byte != '\0'; });
  }
}

}  // namespace sluice::image

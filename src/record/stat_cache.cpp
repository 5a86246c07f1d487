#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "record/tree.h"

namespace sluice::record {
namespace {

constexpr std::string_view k_magic = "sluice stat cache 1\n";
constexpr std::uint64_t k_max_cache_bytes = 1u << 30;
constexpr std::size_t k_max_cached_path = 4096;

void put_number(Bytes& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
}

// A reader that stays inside of the text; after a fault everything it gives is zero.
class Reader {
 public:
  explicit Reader(BytesView bytes) : rest_(bytes) {}
  std::uint64_t number() {
    const BytesView raw = take(8);
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < raw.size(); ++i)
      out |= std::uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    return out;
  }
  BytesView take(std::uint64_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const BytesView out = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(static_cast<std::size_t>(size));
    return out;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  BytesView rest_;
  bool good_ = true;
};

bool ours_alone(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & 022U) == 0;
}

}  // namespace

const Digest* StatCache::find(std::string_view path, const FileState& state) const {
  if (const auto it = fresh_.find(path); it != fresh_.end()) {
    return it->second.state == state ? &it->second.digest : nullptr;
  }
  const auto it =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const Entry& entry, std::string_view wanted) { return entry.path < wanted; });
  if (it == entries_.end() || it->path != path || !(it->state == state)) return nullptr;
  return &it->digest;
}

void StatCache::put(const FileRecord& file) {
  // Hinted at the end: callers put files in the order of their paths.
  fresh_.insert_or_assign(fresh_.end(), file.path, Entry{file.path, file.state, file.digest});
}

StatCache StatCache::load(const std::string& path, const std::string& root) {
  StatCache out;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() || !ours_alone(fd.get())) return out;
  const auto bytes = read_fd(fd.get(), path, k_max_cache_bytes);
  if (!bytes || bytes->size() < 32) return out;
  // The digest at the end is against torn files, not against forgers.
  const BytesView body = BytesView(*bytes).substr(0, bytes->size() - 32);
  const Digest digest = sha256(body);
  if (std::memcmp(digest.raw().data(), bytes->data() + body.size(), 32) != 0) return out;
  Reader reader(body);
  if (reader.take(k_magic.size()) != k_magic || reader.take(reader.number()) != root) return out;
  while (reader.good() && reader.left() > 0) {
    Entry entry;
    const std::uint64_t size = reader.number();
    if (size > k_max_cached_path) return StatCache{};
    entry.path = std::string(reader.take(size));
    entry.state = {reader.number(), reader.number(), reader.number(),
                   static_cast<std::int64_t>(reader.number()), static_cast<std::int64_t>(reader.number())};
    const BytesView raw = reader.take(32);
    if (!reader.good() || (!out.entries_.empty() && out.entries_.back().path >= entry.path))
      return StatCache{};
    std::array<std::uint8_t, 32> digest_bytes{};
    std::memcpy(digest_bytes.data(), raw.data(), 32);
    entry.digest = Digest(digest_bytes);
    out.entries_.push_back(std::move(entry));
  }
  return out;
}

Status StatCache::save(const std::string& path, const std::string& root) const {
  Bytes out(k_magic);
  put_number(out, root.size());
  out += root;
  // Only what was seen this time: what is gone must not make the cache grow for ever.
  for (const auto& [name, entry] : fresh_) {
    if (name.size() > k_max_cached_path) continue;
    put_number(out, name.size());
    out += name;
    put_number(out, entry.state.device);
    put_number(out, entry.state.inode);
    put_number(out, entry.state.size);
    put_number(out, static_cast<std::uint64_t>(entry.state.mtime_ns));
    put_number(out, static_cast<std::uint64_t>(entry.state.ctime_ns));
    out.append(reinterpret_cast<const char*>(entry.digest.raw().data()), 32);
  }
  const Digest digest = sha256(out);
  out.append(reinterpret_cast<const char*>(digest.raw().data()), 32);
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) SLUICE_CHECK(make_directories(path.substr(0, slash)));
  return write_file_atomic(path, out, 0600);
}

}  // namespace sluice::record

#include "record/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "base/bytes.h"
#include "base/file.h"

namespace sluice::record {
namespace {

constexpr std::size_t k_buffer_bytes = 256u << 10;
constexpr std::size_t k_batch = 64;  // files that a thread takes at once
// Younger than this when it was read, a file may be changed again without its times telling: file systems'
// clocks tick as slowly as every two seconds.
constexpr std::int64_t k_racy_ns = 2'000'000'000;
constexpr std::uint64_t k_max_link_bytes = 4096;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileState state_of(const struct stat& info) {
  return {info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim),
          nanoseconds(info.st_ctim)};
}

bool any_match(const std::vector<std::string>& globs, std::string_view path) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_match(glob, path); });
}

// A folder that no file of which can be wanted: "x/**" excludes all below x.
bool wholly_excluded(const std::vector<std::string>& globs, std::string_view folder) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    if (!glob.ends_with("/**")) return false;
    return glob_match(std::string_view(glob).substr(0, glob.size() - 3), folder);
  });
}

// Folders are listed by several threads; each takes one from the queue and puts those below it there.
class Walk {
 public:
  Walk(const TreeOptions& options, int root) : options_(options), root_(root) { queue_.emplace_back(); }

  void run(unsigned threads) {
    std::vector<std::jthread> pool;
    for (unsigned i = 1; i < threads; ++i) pool.emplace_back([this] { work(); });
    work();
  }

  std::vector<FileRecord> files;
  std::vector<std::string> problems;
  bool too_many = false;

 private:
  void work() {
    std::vector<FileRecord> mine;
    std::vector<std::string> trouble;
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !queue_.empty() || busy_ == 0; });
      if (queue_.empty() || too_many) break;
      const std::string folder = std::move(queue_.back());
      queue_.pop_back();
      ++busy_;
      lock.unlock();
      std::vector<std::string> below;
      list(folder, mine, below, trouble);
      lock.lock();
      count_ += mine.size();
      too_many = too_many || count_ > k_max_files;
      std::move(mine.begin(), mine.end(), std::back_inserter(files));
      mine.clear();
      std::move(below.begin(), below.end(), std::back_inserter(queue_));
      --busy_;
      changed_.notify_all();
    }
    std::move(trouble.begin(), trouble.end(), std::back_inserter(problems));
    changed_.notify_all();
  }

  void list(const std::string& folder, std::vector<FileRecord>& out, std::vector<std::string>& below,
            std::vector<std::string>& trouble) const {
    const std::string name = folder.empty() ? "." : folder;
    const int fd = ::openat(root_, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR* stream = fd < 0 ? nullptr : ::fdopendir(fd);
    if (stream == nullptr) {
      trouble.push_back(name + ": cannot be listed: " + std::strerror(errno));
      if (fd >= 0) ::close(fd);
      return;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, &::closedir);
    if (static_cast<std::size_t>(std::count(folder.begin(), folder.end(), '/')) >= k_max_depth) {
      trouble.push_back(name + ": folders are nested too deeply");
      return;
    }
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(stream);
      if (entry == nullptr) {
        if (errno != 0) trouble.push_back(name + ": cannot be listed: " + std::strerror(errno));
        return;
      }
      const std::string_view leaf = entry->d_name;
      if (leaf == "." || leaf == "..") continue;
      std::string path = folder.empty() ? std::string(leaf) : folder + "/" + std::string(leaf);
      look_at(fd, entry->d_name, std::move(path), out, below, trouble);
    }
  }

  void look_at(int folder, const char* leaf, std::string path, std::vector<FileRecord>& out,
               std::vector<std::string>& below, std::vector<std::string>& trouble) const {
    struct stat info{};
    if (::fstatat(folder, leaf, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      trouble.push_back(path + ": cannot be looked at: " + std::strerror(errno));
      return;
    }
    if (S_ISDIR(info.st_mode)) {
      if (!wholly_excluded(options_.exclude, path)) below.push_back(std::move(path));
      return;
    }
    if (any_match(options_.exclude, path) || !any_match(options_.include, path)) return;
    if (path.find('\n') != std::string::npos) {
      // A line break would let one name pass for two files in the tree's digest.
      trouble.push_back(std::string(excerpt(path)) + ": its name holds a line break");
      return;
    }
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
      trouble.push_back(path + ": is neither a file nor a link");
      return;
    }
    FileRecord record;
    record.path = std::move(path);
    record.size = static_cast<std::uint64_t>(info.st_size);
    record.link = S_ISLNK(info.st_mode);
    record.executable = !record.link && (info.st_mode & 0111U) != 0;
    record.state = state_of(info);
    out.push_back(std::move(record));
  }

  const TreeOptions& options_;
  int root_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> queue_;
  unsigned busy_ = 0;
  std::size_t count_ = 0;
};

// The digest of one file as it is now, or what is wrong with it.
std::string read_digest(int root, FileRecord& file, Bytes& buffer) {
  if (file.link) {
    buffer.resize(k_max_link_bytes);
    const ssize_t size = ::readlinkat(root, file.path.c_str(), buffer.data(), buffer.size());
    if (size < 0) return std::strerror(errno);
    file.digest = sha256(BytesView(buffer).substr(0, static_cast<std::size_t>(size)));
    return {};
  }
  const Fd fd(::openat(root, file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) return std::strerror(errno);
  buffer.resize(k_buffer_bytes);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return std::strerror(errno);
  if (!S_ISREG(info.st_mode) || !(state_of(info) == file.state)) return "it changed while the tree was read";
  Sha256 hash;
  std::uint64_t total = 0;
  // Up to the size that was stated and one byte more: a file that grows is no record.
  while (total <= file.size) {
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::strerror(errno);
    if (size == 0) break;
    hash.update(BytesView(buffer).substr(0, static_cast<std::size_t>(size)));
    total += static_cast<std::uint64_t>(size);
  }
  if (total != file.size || ::fstat(fd.get(), &info) != 0 || !(state_of(info) == file.state))
    return "it changed while it was read";
  file.digest = hash.finish();
  return {};
}

}  // namespace

Result<Tree> hash_tree(const TreeOptions& options, StatCache& cache) {
  const Fd root(::open(options.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return fail_errno("record.root", "cannot open the folder " + options.root, errno);
  const unsigned threads =
      options.threads != 0 ? options.threads : std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
  Walk walk(options, root.get());
  walk.run(threads);
  if (walk.too_many)
    return fail(ErrorKind::limit, "record.limit",
                "there are more than " + std::to_string(k_max_files) + " files");

  Tree out;
  out.files = std::move(walk.files);
  std::sort(out.files.begin(), out.files.end(),
            [](const FileRecord& a, const FileRecord& b) { return a.path < b.path; });
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);

  std::vector<std::string> wrong(out.files.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    Bytes buffer;
    while (true) {
      const std::size_t begin = next.fetch_add(k_batch);
      if (begin >= out.files.size()) return;
      for (std::size_t i = begin; i < std::min(begin + k_batch, out.files.size()); ++i) {
        FileRecord& file = out.files[i];
        const Digest* known = cache.find(file.path, file.state);
        file.reused = known != nullptr;
        if (known != nullptr) {
          file.digest = *known;
        } else {
          wrong[i] = read_digest(root.get(), file, buffer);
        }
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    for (unsigned i = 1; i < threads; ++i) pool.emplace_back(work);
    work();
  }

  std::vector<FileRecord> kept;
  kept.reserve(out.files.size());
  for (std::size_t i = 0; i < out.files.size(); ++i) {
    FileRecord& file = out.files[i];
    if (!wrong[i].empty()) {
      walk.problems.push_back(file.path + ": " + wrong[i]);
      continue;
    }
    (file.reused ? out.reused : out.hashed) += 1;
    out.bytes += file.size;
    const bool settled = std::max(file.state.ctime_ns, file.state.mtime_ns) + k_racy_ns < nanoseconds(now);
    if (settled) cache.put(file);
    kept.push_back(std::move(file));
  }
  out.files = std::move(kept);
  out.problems = std::move(walk.problems);
  std::sort(out.problems.begin(), out.problems.end());
  return out;
}

std::string dir_hash(const std::vector<FileRecord>& files) {
  Sha256 hash;
  for (const FileRecord& file : files) hash.update(file.digest.hex() + "  " + file.path + "\n");
  return hash.finish().hex();
}

}  // namespace sluice::record

#include "sandbox/observe/layer_changes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "base/file.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr int k_max_depth = 200;  // each level holds two descriptors
constexpr int k_open = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct DirCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::vector<std::string> names_in(int directory, bool& complete) {
  std::vector<std::string> names;
  Fd own(::openat(directory, ".", k_open));
  const std::unique_ptr<DIR, DirCloser> stream(own.valid() ? ::fdopendir(own.get()) : nullptr);
  complete = stream != nullptr;
  if (!stream) return names;
  static_cast<void>(own.release());  // the stream closes it
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

bool is_whiteout(const struct stat& st) {
  return S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

bool differs(const struct stat& a, const struct stat& b) {
  if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT)) return true;
  if (S_ISDIR(a.st_mode)) return false;
  if (S_ISLNK(a.st_mode)) return a.st_size != b.st_size;  // a copy of a link has a time of its own
  return a.st_size != b.st_size || a.st_mtim.tv_sec != b.st_mtim.tv_sec ||
         a.st_mtim.tv_nsec != b.st_mtim.tv_nsec;
}

class Walk {
 public:
  Walk(bool upper, const std::set<std::string>& ignored) : upper_(upper), ignored_(ignored) {}

  // `lower` is -1 where the image has no such directory.
  void directory(int own, int lower, const std::string& path, int depth) {
    bool complete = false;
    const std::vector<std::string> names = names_in(own, complete);
    if (!complete || depth > k_max_depth) {
      ++report_.lost;
      return;
    }
    for (const std::string& name : names) entry(own, lower, name, path + "/" + name, depth);
    if (upper_ || lower < 0) return;
    for (const std::string& name : names_in(lower, complete)) {
      struct stat st{};
      if (::fstatat(own, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) add(path + "/" + name, true);
    }
  }

  LayerReport take() { return std::move(report_); }

 private:
  void add(const std::string& path, bool deleted) {
    if (ignored_.contains(path)) return;
    if (report_.changes.size() >= k_max_traced_layer) {
      ++report_.lost;
    } else {
      report_.changes.push_back({path, deleted});
    }
  }

  void entry(int own, int lower, const std::string& name, const std::string& path, int depth) {
    struct stat st{};
    struct stat original{};
    if (::fstatat(own, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      ++report_.lost;
      return;
    }
    const bool in_image = lower >= 0 && ::fstatat(lower, name.c_str(), &original, AT_SYMLINK_NOFOLLOW) == 0;
    if (upper_ && is_whiteout(st)) return add(path, true);
    if (!S_ISDIR(st.st_mode)) {
      if (upper_ || !in_image || differs(st, original)) add(path, false);
      return;
    }
    const bool shared = in_image && S_ISDIR(original.st_mode);
    if (!shared) add(path, false);
    const Fd inner(::openat(own, name.c_str(), k_open));
    if (!inner.valid()) {
      ++report_.lost;
      return;
    }
    const Fd below(shared ? ::openat(lower, name.c_str(), k_open) : -1);
    directory(inner.get(), below.get(), path, depth + 1);
  }

  bool upper_;
  const std::set<std::string>& ignored_;
  LayerReport report_;
};

}  // namespace

LayerReport changes_of_upper(int upper, int lower, const std::set<std::string>& ignored) {
  Walk walk(true, ignored);
  walk.directory(upper, lower, "", 0);
  return walk.take();
}

LayerReport changes_of_copy(int copy, int lower, const std::set<std::string>& ignored) {
  Walk walk(false, ignored);
  walk.directory(copy, lower, "", 0);
  return walk.take();
}

std::string encode(const LayerReport& report) {
  std::string bytes = std::to_string(report.lost) + '\0';
  for (const LayerChange& change : report.changes) {
    bytes += change.deleted ? '-' : '+';
    bytes += change.path;
    bytes += '\0';
  }
  return bytes;
}

Result<LayerReport> decode_layer(std::string_view bytes) {
  const auto cut = [] { return fail(ErrorKind::internal, "sandbox.wire", "a list of changes is cut"); };
  if (!bytes.ends_with('\0')) return cut();
  LayerReport report;
  bool first = true;
  for (const std::string_view part : split(bytes, '\0')) {
    if (first) {
      const auto lost = parse_u64(part);
      if (!lost) return cut();
      report.lost = *lost;
      first = false;
    } else if (part.starts_with('+') || part.starts_with('-')) {
      report.changes.push_back({std::string(part.substr(1)), part[0] == '-'});
    } else {
      return cut();
    }
  }
  return report;
}

}  // namespace sluice::sandbox

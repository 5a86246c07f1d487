#include "image/unpack.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <unordered_set>

#include "base/file.h"
#include "image/path.h"

namespace sluice::image {
namespace {

constexpr std::size_t k_max_depth = 512;  // folders in folders, when removing

tl::unexpected<Error> os_error(std::string message) {
  return fail_errno("unpack.write", std::move(message), errno);
}

// Opens a folder in the root as a container would see it: links are followed, inside only.
Fd open_in_root(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const char* name = path.empty() ? "." : path.c_str();
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, root, name, &how, sizeof how);
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return Fd(static_cast<int>(fd));
}

struct Place {
  int parent = -1;
  std::string name;
};

class Unpacker {
 public:
  Unpacker(int root, const UnpackOptions& options)
      : root_(root), options_(options), privileged_(::geteuid() == 0) {}

  Status layer(const Image& image, std::size_t index) {
    layer_ = index;
    written_.clear();
    const LayerFacts facts = SLUICE_TRY(image.for_each_entry(
        index, [this](const TarEntry& entry, ByteSource& content) { return add(entry, content); }));
    if (facts.trailing_data)
      note("layer.trailing-data", "", "data follows the end of the layer's archive", false);
    return {};
  }

  // Times of folders are set last: writing into a folder changes them.
  Status finish() {
    for (const auto& [path, mtime] : folder_times_) {
      const Fd folder = open_in_root(root_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (folder.valid()) set_times(folder.get(), mtime);
    }
    return {};
  }

  UnpackReport report;

 private:
  void note(std::string code, const std::string& path, std::string message, bool lossy) {
    report.problems.add({std::move(code), layer_, path, std::move(message), lossy});
  }

  Status add(const TarEntry& entry, ByteSource& content) {
    if (++report.entries > options_.max_entries) {
      return fail(ErrorKind::limit, "unpack.limit",
                  "the image has more than " + std::to_string(options_.max_entries) + " entries");
    }
    const NormalPath path = normalise_path(entry.path);
    if (!path.refused.empty()) {
      note("entry." + path.refused, entry.path, "the entry's name is refused", true);
      return {};
    }
    if (path.path.empty()) {
      if (entry.kind == EntryKind::directory) return set_root(entry);
      note("entry.root", entry.path, "an entry that is no folder stands for the root", true);
      return {};
    }
    const SplitPath split = split_path(path.path);
    const int parent = SLUICE_TRY(parent_of(split.parent, entry));
    if (parent < 0) return {};
    const Place place{parent, std::string(split.name)};
    const WhiteoutName hidden = whiteout(split.name);
    switch (hidden.kind) {
      case Whiteout::opaque:
        return remove_lower_children(parent, hidden.kind, 0);
      case Whiteout::file:
        return remove_lower(parent, std::string(hidden.hidden), hidden.kind, 0);
      case Whiteout::reserved:
        note("entry.whiteout-name", entry.path, "a reserved whiteout name is left out", false);
        return {};
      case Whiteout::none:
        break;
    }
    return write(entry, content, place, path.path);
  }

  // The folder an entry goes into, made if missing. -1 (with a problem) if something else is in the way. The
  // last one is kept open: whatever an entry changes, it changes a child of just this folder, so the folder
  // stays where it is.
  Result<int> parent_of(std::string_view path, const TarEntry& entry) {
    if (parent_fd_.valid() && path == parent_path_) return parent_fd_.get();
    std::string wanted(path);
    Fd fd = open_in_root(root_, wanted, O_RDONLY | O_DIRECTORY);
    if (!fd.valid() && errno == ENOENT) {
      SLUICE_CHECK(make_parents(path));
      fd = open_in_root(root_, wanted, O_RDONLY | O_DIRECTORY);
    }
    if (!fd.valid()) {
      if (errno != ENOTDIR && errno != ELOOP && errno != ENOENT)
        return os_error("cannot open a folder of the image");
      note("entry.parent", entry.path, "a parent of the entry is no folder", true);
      return -1;
    }
    parent_fd_ = std::move(fd);
    parent_path_ = std::move(wanted);
    return parent_fd_.get();
  }

  Status make_parents(std::string_view path) {
    std::string prefix;
    for (const std::string_view part : components(path)) {
      const Fd above = open_in_root(root_, prefix, O_RDONLY | O_DIRECTORY);
      if (!above.valid()) return {};  // a file or a broken link: the caller's open says so
      if (::mkdirat(above.get(), std::string(part).c_str(), 0755) == 0) {
        remember(above.get(), std::string(part));
      } else if (errno != EEXIST) {
        return os_error("cannot make a folder");
      }
      if (!prefix.empty()) prefix += '/';
      prefix += part;
    }
    return {};
  }

  // By inode number, what this layer has written: a whiteout hides only what lower layers left (OCI image
  // spec, layer.md).
  void remember(int parent, const std::string& name) {
    struct stat info{};
    if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) written_.insert(info.st_ino);
  }

  Status write(const TarEntry& entry, ByteSource& content, const Place& place, const std::string& path) {
    struct stat old{};
    const bool exists = ::fstatat(place.parent, place.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
    const bool merge = exists && S_ISDIR(old.st_mode) && entry.kind == EntryKind::directory;
    switch (entry.kind) {
      case EntryKind::character:
      case EntryKind::block:
        note("unpack.device", entry.path, "a device node is left out", false);
        return {};
      case EntryKind::other:
        note("entry.type", entry.path, "an entry of unknown type is left out", true);
        return {};
      default:
        break;
    }
    // A hard link that is to replace itself must not lose its target first.
    if (entry.kind == EntryKind::hardlink) return hardlink(entry, place, exists);
    if (exists && !merge) SLUICE_CHECK(remove_all(place.parent, place.name, 0));
    switch (entry.kind) {
      case EntryKind::directory:
        SLUICE_CHECK(folder(entry, place, merge, path));
        break;
      case EntryKind::symlink:
        SLUICE_CHECK(symlink(entry, place));
        break;
      case EntryKind::fifo:
        SLUICE_CHECK(fifo(entry, place));
        break;
      default:
        SLUICE_CHECK(regular(entry, content, place));
        break;
    }
    remember(place.parent, place.name);
    return {};
  }

  Status regular(const TarEntry& entry, ByteSource& content, const Place& place) {
    const Fd file(::openat(place.parent, place.name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.valid()) return os_error("cannot make a file");
    if (buffer_.empty()) buffer_.resize(k_chunk_bytes);
    while (const std::size_t got = SLUICE_TRY(content.read(buffer_.data(), buffer_.size()))) {
      report.bytes += got;
      if (report.bytes > options_.max_bytes) {
        return fail(ErrorKind::limit, "unpack.limit",
                    "the image unpacks to more than " + std::to_string(options_.max_bytes) + " bytes");
      }
      SLUICE_CHECK(write_all(file.get(), BytesView(buffer_).substr(0, got)));
    }
    return set_metadata(file.get(), entry, entry.mode);
  }

  Status folder(const TarEntry& entry, const Place& place, bool exists, const std::string& path) {
    if (!exists && ::mkdirat(place.parent, place.name.c_str(), 0700) != 0)
      return os_error("cannot make a folder");
    const Fd folder(
        ::openat(place.parent, place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid()) return os_error("cannot open a folder");
    folder_times_.emplace_back(path, entry.mtime);
    return set_metadata(folder.get(), entry, privileged_ ? entry.mode : entry.mode | 0700u);
  }

  Status set_root(const TarEntry& entry) {
    const Fd folder = open_in_root(root_, "", O_RDONLY | O_DIRECTORY);
    if (!folder.valid()) return os_error("cannot open the root folder");
    folder_times_.emplace_back("", entry.mtime);
    return set_metadata(folder.get(), entry, privileged_ ? entry.mode : entry.mode | 0700u);
  }

  Status symlink(const TarEntry& entry, const Place& place) {
    if (entry.link.empty() || entry.link.size() >= k_max_path_bytes) {
      note("entry.link", entry.path, "a symbolic link has no target or one that is too long", true);
      return {};
    }
    if (::symlinkat(entry.link.c_str(), place.parent, place.name.c_str()) != 0)
      return os_error("cannot make a link");
    if (privileged_ && options_.owners) {
      if (::fchownat(place.parent, place.name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) {
        return os_error("cannot set an owner");
      }
    }
    const auto times = times_of(entry.mtime);
    ::utimensat(place.parent, place.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
    return {};
  }

  Status fifo(const TarEntry& entry, const Place& place) {
    if (::mkfifoat(place.parent, place.name.c_str(), 0600) != 0) return os_error("cannot make a fifo");
    if (privileged_ && options_.owners) {
      if (::fchownat(place.parent, place.name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) {
        return os_error("cannot set an owner");
      }
    }
    if (::fchmodat(place.parent, place.name.c_str(), entry.mode, 0) != 0)
      return os_error("cannot set a mode");
    return {};
  }

  // Both names lie in the root: the target's folder is resolved there too, and its last part is not followed.
  Status hardlink(const TarEntry& entry, const Place& place, bool exists) {
    const NormalPath target = normalise_path(entry.link);
    const SplitPath split = split_path(target.path);
    const Fd parent = open_in_root(root_, std::string(split.parent), O_RDONLY | O_DIRECTORY);
    const std::string name(split.name);
    struct stat info{};
    if (!target.refused.empty() || name.empty() || !parent.valid() ||
        ::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(info.st_mode)) {
      note("unpack.hardlink-missing", entry.path, "the target of a hard link is not in the image", true);
      return {};
    }
    struct stat old{};
    if (exists && ::fstatat(place.parent, place.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0) {
      if (old.st_ino == info.st_ino && old.st_dev == info.st_dev) return {};
      SLUICE_CHECK(remove_all(place.parent, place.name, 0));
    }
    if (::linkat(parent.get(), name.c_str(), place.parent, place.name.c_str(), 0) != 0)
      return os_error("cannot link");
    written_.insert(info.st_ino);
    return {};
  }

  // Owner first: chown clears the setuid bits that the mode then sets.
  Status set_metadata(int fd, const TarEntry& entry, std::uint32_t mode) {
    if (privileged_ && options_.owners && ::fchown(fd, entry.uid, entry.gid) != 0) {
      return os_error("cannot set an owner");
    }
    if (::fchmod(fd, mode) != 0) return os_error("cannot set a mode");
    if (options_.xattrs) {
      for (const auto& [name, value] : entry.xattrs) {
        if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) != 0) {
          note("unpack.xattr", entry.path, "cannot set the extended attribute " + name, false);
        }
      }
    }
    if (entry.kind != EntryKind::directory) set_times(fd, entry.mtime);
    return {};
  }

  static std::array<timespec, 2> times_of(std::int64_t mtime) { return {{{mtime, 0}, {mtime, 0}}}; }

  static void set_times(int fd, std::int64_t mtime) {
    const auto times = times_of(mtime);
    ::futimens(fd, times.data());
  }

  static Result<std::vector<std::string>> names_in(int folder) {
    Fd again(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR* listing = again.valid() ? ::fdopendir(again.get()) : nullptr;
    if (listing == nullptr) return os_error("cannot list a folder");
    (void)again.release();
    std::vector<std::string> names;
    while (const dirent* item = ::readdir(listing)) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
      const std::string_view name = static_cast<const char*>(item->d_name);
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(listing);
    return names;
  }

  // Removes what is there, whichever layer wrote it.
  Status remove_all(int parent, const std::string& name, std::size_t depth) {
    if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM) return os_error("cannot remove a file");
    if (depth > k_max_depth) return fail(ErrorKind::limit, "unpack.limit", "folders are nested too deeply");
    const Fd folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid()) return os_error("cannot open a folder to remove it");
    for (const std::string& child : SLUICE_TRY(names_in(folder.get()))) {
      SLUICE_CHECK(remove_all(folder.get(), child, depth + 1));
    }
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) return os_error("cannot remove a folder");
    return {};
  }

  // Removes `name` as far as lower layers made it.
  Status remove_lower(int parent, const std::string& name, Whiteout by, std::size_t depth) {
    struct stat info{};
    if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
    const bool ours = written_.contains(info.st_ino);
    if (!S_ISDIR(info.st_mode)) {
      if (ours && by == Whiteout::opaque) return {};
      if (ours) {
        note("entry.whiteout-same-layer", name, "a layer both has and hides this; runtimes disagree", true);
        return {};
      }
      if (::unlinkat(parent, name.c_str(), 0) != 0) return os_error("cannot remove a file");
      return {};
    }
    const Fd folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid()) return os_error("cannot open a folder");
    SLUICE_CHECK(remove_lower_children(folder.get(), by, depth + 1));
    if (!ours && ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOTEMPTY) {
      return os_error("cannot remove a folder");
    }
    return {};
  }

  Status remove_lower_children(int folder, Whiteout by, std::size_t depth) {
    if (depth > k_max_depth) return fail(ErrorKind::limit, "unpack.limit", "folders are nested too deeply");
    for (const std::string& child : SLUICE_TRY(names_in(folder)))
      SLUICE_CHECK(remove_lower(folder, child, by, depth));
    return {};
  }

  int root_;
  UnpackOptions options_;
  bool privileged_;
  std::size_t layer_ = 0;
  std::unordered_set<ino_t> written_;
  Fd parent_fd_;
  std::string parent_path_;
  std::string buffer_;
  std::vector<std::pair<std::string, std::int64_t>> folder_times_;
};

}  // namespace

Result<UnpackReport> unpack_layer(const Image& image, std::size_t layer, int root_dirfd,
                                  const UnpackOptions& options) {
  Unpacker unpacker(root_dirfd, options);
  SLUICE_CHECK(unpacker.layer(image, layer));
  SLUICE_CHECK(unpacker.finish());
  return std::move(unpacker.report);
}

Result<UnpackReport> unpack(const Image& image, int root_dirfd, const UnpackOptions& options) {
  Unpacker unpacker(root_dirfd, options);
  for (std::size_t i = 0; i < image.layers().size(); ++i) SLUICE_CHECK(unpacker.layer(image, i));
  SLUICE_CHECK(unpacker.finish());
  return std::move(unpacker.report);
}

}  // namespace sluice::image

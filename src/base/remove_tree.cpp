// Temporary directories, and removal of trees whose content is hostile: no link followed, no mount crossed.
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/file.h"

namespace sluice {
namespace {

// Deeper directories are first moved to the top of the tree, so that descriptors and stack stay bounded.
constexpr unsigned k_max_open_levels = 64;

int open_inside(int parent, const std::string& name, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags)) | O_CLOEXEC | O_NOFOLLOW;
  // NO_XDEV sees bind mounts of the same file system too, which a comparison of device numbers does not.
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, parent, name.c_str(), &how, sizeof how));
}

// Opens a directory for removal; one without permissions for its owner
// (a usual leftover) is given them first.
Fd open_doomed(int parent, const std::string& name) {
  const Fd handle(open_inside(parent, name, O_PATH | O_DIRECTORY));
  if (!handle.valid()) return {};
  struct stat info{};
  if (::fstat(handle.get(), &info) == 0 && (info.st_mode & 0700U) != 0700U) {
    // chmod of an O_PATH descriptor goes through /proc only; failure shows at the next step.
    const std::string link = "/proc/self/fd/" + std::to_string(handle.get());
    static_cast<void>(::chmod(link.c_str(), (info.st_mode & 07777U) | 0700U));
  }
  return Fd(open_inside(parent, name, O_RDONLY | O_DIRECTORY));
}

class Remover {
 public:
  // Removes `name` of `parent` with all below it; goes on past failures, of which the first is kept.
  void remove(int parent, const std::string& name, const std::string& path, unsigned level) {
    if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
    if (errno != EISDIR) return note(path, errno);
    if (level >= k_max_open_levels && hoist(parent, name)) return;

    Fd fd = open_doomed(parent, name);
    if (!fd.valid()) return note(path, errno);
    const auto closer = [](DIR* dir) { ::closedir(dir); };
    const std::unique_ptr<DIR, decltype(closer)> stream(::fdopendir(fd.get()), closer);
    if (!stream) return note(path, errno);
    const int here = fd.release();  // the stream's from now on
    if (level == 0) top_ = here;
    do {
      hoisted_ = level == 0 ? false : hoisted_;
      ::rewinddir(stream.get());
      empty(stream.get(), here, path, level);
    } while (level == 0 && hoisted_);
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) note(path, errno);
  }

  [[nodiscard]] Status status() const {
    if (!first_) return {};
    return fail(*first_);
  }

 private:
  void empty(DIR* stream, int here, const std::string& path, unsigned level) {
    while (const dirent* entry = ::readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") remove(here, name, path + "/" + name, level + 1);
    }
  }

  bool hoist(int parent, const std::string& name) {
    const std::string to = ".sluice-deep-" + std::to_string(count_++);
    if (::renameat(parent, name.c_str(), top_, to.c_str()) != 0) return false;
    hoisted_ = true;
    return true;
  }

  void note(const std::string& path, int reason) {
    if (first_) return;
    const std::string message = "cannot remove \"" + path + "\"";
    first_ = reason == EXDEV
                 ? Error{ErrorKind::io, "file.mount", message + ": it is a mount point", {}, {}, {}}
                 : fail_errno("file.remove", message, reason).value();
  }

  std::optional<Error> first_;
  int top_ = -1;
  bool hoisted_ = false;
  std::uint64_t count_ = 0;
};

}  // namespace

Status remove_tree(const std::string& path) {
  std::string clean = path;
  while (clean.size() > 1 && clean.ends_with('/')) clean.pop_back();
  const std::size_t slash = clean.find_last_of('/');
  const std::string name = slash == std::string::npos ? clean : clean.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(ErrorKind::internal, "file.remove", "refusing to remove \"" + path + "\"");
  }
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : clean.substr(0, slash);
  const Fd parent(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) {
    if (errno == ENOENT) return {};
    return fail_errno("file.remove", "cannot open \"" + folder + "\"", errno);
  }
  Remover remover;
  remover.remove(parent.get(), name, clean, 0);
  return remover.status();
}

Result<TempDirectory> TempDirectory::create(std::string_view prefix) {
  const char* named = std::getenv("TMPDIR");
  std::string path = named != nullptr && *named != '\0' ? named : "/tmp";
  path += "/" + std::string(prefix) + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return fail_errno("file.temp", "cannot make a temporary directory " + path, errno);
  }
  return TempDirectory(std::move(path));
}

TempDirectory::~TempDirectory() {
  if (path_.empty()) return;
  if (const Status removed = remove_tree(path_); !removed) {
    // A destructor has nobody to return to, and what stays behind must not stay silent.
    std::fprintf(stderr, "%s\n", to_string(removed.error()).c_str());
  }
}

TempDirectory& TempDirectory::operator=(TempDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

}  // namespace sluice

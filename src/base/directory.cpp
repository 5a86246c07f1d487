// Directory: access below a root that others may have filled, kept inside it by the kernel (openat2).
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"

namespace sluice {
namespace {

// glibc 2.36 has no wrapper. EAGAIN means a rename raced with the walk: the kernel asks to try again.
int open_beneath(int root, const std::string& relative, const open_how& how) {
  constexpr int k_tries = 64;
  for (int i = 0;; ++i) {
    const long fd = ::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if ((errno == EAGAIN || errno == EINTR) && i < k_tries) continue;
    return -1;
  }
}

tl::unexpected<Error> open_error(const std::string& relative, int reason) {
  const std::string name = "\"" + relative + "\"";
  switch (reason) {
    case ENOENT:
    case ENOTDIR:
      return fail(ErrorKind::not_found, "file.not-found", "no such file: " + name);
    case EXDEV:
    case ELOOP:
      return fail(ErrorKind::invalid, "file.escapes",
                  name + (reason == EXDEV ? " leads out of its directory"
                                          : " is or holds a link that is not followed"));
    case ENOSYS:
      return fail(ErrorKind::unsupported, "file.openat2",
                  "this kernel has no openat2 (Linux 5.6 or later is needed)");
    default:
      return fail_errno("file.open", "cannot open " + name, reason);
  }
}

EntryType type_of(int directory, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return EntryType::regular;
    case DT_DIR:
      return EntryType::directory;
    case DT_LNK:
      return EntryType::symlink;
    case DT_UNKNOWN:
      break;  // some file systems do not say
    default:
      return EntryType::other;
  }
  struct stat info{};
  if (::fstatat(directory, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return EntryType::other;
  if (S_ISREG(info.st_mode)) return EntryType::regular;
  if (S_ISDIR(info.st_mode)) return EntryType::directory;
  return S_ISLNK(info.st_mode) ? EntryType::symlink : EntryType::other;
}

}  // namespace

Result<Directory> Directory::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) return Directory(std::move(fd));
  const int reason = errno;
  if (reason == ENOENT)
    return fail(ErrorKind::not_found, "file.not-found", "no such directory: \"" + path + "\"");
  return fail_errno("file.open", "cannot open directory \"" + path + "\"", reason);
}

Result<Fd> Directory::open_file(const std::string& relative, int flags, Resolve resolve,
                                unsigned mode) const {
  if (relative.find('\0') != std::string::npos) {
    return fail(ErrorKind::invalid, "file.open", "a path with a NUL byte names no file");
  }
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags)) | O_CLOEXEC;
  how.mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? mode : 0;  // the kernel refuses a mode it would ignore
  how.resolve = RESOLVE_NO_MAGICLINKS | (resolve == Resolve::beneath ? RESOLVE_BENEATH : RESOLVE_IN_ROOT);
  Fd fd(open_beneath(fd_.get(), relative, how));
  if (!fd.valid()) return open_error(relative, errno);
  return fd;
}

Result<Bytes> Directory::read(const std::string& relative, std::uint64_t max_bytes, Resolve resolve) const {
  const Fd fd = SLUICE_TRY(open_file(relative, O_RDONLY | O_NOCTTY | O_NONBLOCK, resolve));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0)
    return fail_errno("file.read", "cannot stat \"" + relative + "\"", errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorKind::io, "file.not-regular", "\"" + relative + "\" is not a regular file");
  }
  return read_fd(fd.get(), relative, max_bytes);
}

Result<Directory> Directory::open_directory(const std::string& relative, Resolve resolve) const {
  return Directory(SLUICE_TRY(open_file(relative, O_RDONLY | O_DIRECTORY, resolve)));
}

Result<std::vector<DirectoryEntry>> Directory::list() const {
  // A descriptor of its own: the read position belongs to the open file, which callers and threads share.
  Fd own(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own.valid()) return fail_errno("file.open", "cannot open directory", errno);
  const auto closer = [](DIR* dir) { ::closedir(dir); };
  const std::unique_ptr<DIR, decltype(closer)> stream(::fdopendir(own.get()), closer);
  if (!stream) return fail_errno("file.open", "cannot read directory", errno);
  static_cast<void>(own.release());  // now the stream's

  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) {
      if (errno != 0) return fail_errno("file.read", "cannot read directory", errno);
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    entries.push_back({std::string(name), type_of(::dirfd(stream.get()), *entry)});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

}  // namespace sluice

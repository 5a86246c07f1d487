#include "scan/fix/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace sluice::scan {
namespace {

constexpr int k_open_flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
constexpr std::size_t k_max_attribute_bytes = 64u << 10;  // the kernel's own limit of a list and of a value

tl::unexpected<Error> refuse(std::string code, std::string what, std::string hint = {}) {
  return fail(ErrorKind::io, std::move(code), std::move(what), std::move(hint));
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// Access control lists and users' attributes. What the system gives each new file by itself (security.*) is
// not ours to copy.
Status copy_attributes(int from, int to) {
  std::string names(k_max_attribute_bytes, '\0');
  const ssize_t size = ::flistxattr(from, names.data(), names.size());
  if (size < 0) {
    if (errno == ENOTSUP) return {};
    return fail_errno("fix.owner", "cannot read the file's attributes", errno);
  }
  for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    if (name.starts_with("security.")) continue;
    std::string value(k_max_attribute_bytes, '\0');
    const ssize_t length = ::fgetxattr(from, name.c_str(), value.data(), value.size());
    if (length < 0 || ::fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(length), 0) != 0)
      return fail_errno("fix.owner", "cannot keep the file's attribute " + name, errno);
  }
  return {};
}

// Makes the new file what the old one is to be: text, owner, attributes, mode; synced.
Status write_like(int fd, int old_file, const struct stat& old, std::string_view text) {
  SLUICE_CHECK(write_all(fd, text));
  struct stat made{};
  if (::fstat(fd, &made) != 0) return fail_errno("file.write", "cannot stat the new file", errno);
  const bool owner_differs = made.st_uid != old.st_uid || made.st_gid != old.st_gid;
  if (owner_differs && ::fchown(fd, old.st_uid, old.st_gid) != 0)
    return refuse("fix.owner", "its owner or group cannot be kept");
  SLUICE_CHECK(copy_attributes(old_file, fd));
  if (::fchmod(fd, old.st_mode & 07777U) != 0)
    return fail_errno("fix.owner", "its mode cannot be kept", errno);
  if (::fsync(fd) != 0) return fail_errno("file.write", "cannot sync the new file", errno);
  return {};
}

}  // namespace

Status replace_source(const SourceFile& file, std::string_view expected, std::string_view text) {
  if (file.through_link)
    return refuse("fix.link", "it was named through a symbolic link", "name the file itself");
  const std::size_t slash = file.below_root.rfind('/');
  const bool at_top = slash == std::string::npos;
  const std::string last = at_top ? file.below_root : file.below_root.substr(slash + 1);
  const Directory folder =
      SLUICE_TRY(file.root->open_directory(at_top ? "." : file.below_root.substr(0, slash)));
  Result<Fd> fd = folder.open_file(last, k_open_flags);
  if (!fd) return refuse("fix.changed", "it cannot be opened any more: " + fd.error().message);
  struct stat old{};
  if (::fstat(fd->get(), &old) != 0 || !S_ISREG(old.st_mode))
    return refuse("fix.changed", "it is no regular file any more");
  if (::faccessat(folder.fd(), last.c_str(), W_OK, AT_EACCESS) != 0)
    return refuse("fix.read-only", "it is not writable");
  if (old.st_nlink > 1)
    return refuse("fix.hard-link", "it has several names (hard links), of which one only would change");
  const Bytes bytes = SLUICE_TRY(read_fd(fd->get(), file.path, expected.size() + 1));
  if (BytesView(bytes) != expected) return refuse("fix.changed", "it was changed since it was read");

  const std::string temporary =
      ".sluice-fix-" + std::to_string(::getpid()) + "-" + std::to_string(old.st_ino);
  const Fd fresh = SLUICE_TRY(folder.open_file(
      temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, Directory::Resolve::beneath, 0600));
  Status done = write_like(fresh.get(), fd->get(), old, text);
  struct stat now{};
  if (done && (::fstatat(folder.fd(), last.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 || !same_file(old, now)))
    done = refuse("fix.changed", "it was changed since it was read");
  if (done && ::renameat(folder.fd(), temporary.c_str(), folder.fd(), last.c_str()) != 0)
    done = fail_errno("file.write", "cannot replace it", errno);
  if (!done) {
    ::unlinkat(folder.fd(), temporary.c_str(), 0);
    return done;
  }
  if (::fsync(folder.fd()) != 0 && errno != EINVAL && errno != EROFS)
    return fail_errno("file.write", "cannot sync its folder", errno);
  return {};
}

}  // namespace sluice::scan

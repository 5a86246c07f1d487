#include "sandbox/copy_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"

namespace sluice::sandbox {
namespace {

constexpr int k_max_copy_depth = 512;  // each level holds three descriptors
constexpr mode_t k_mode_bits = 07777;

tl::unexpected<Error> refused(std::string_view step, std::string_view name) {
  return fail_errno("sandbox.copy", "cannot " + std::string(step) + " " + std::string(name), errno);
}

Status copy_bytes(int from, int to, std::string_view name) {
  while (true) {
    const ssize_t copied = ::copy_file_range(from, nullptr, to, nullptr, 1u << 30, 0);
    if (copied == 0) return {};
    if (copied > 0) continue;
    if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
      return refused("copy", name);
    break;
  }
  while (true) {
    const ssize_t copied = ::sendfile(to, from, nullptr, 1u << 30);
    if (copied == 0) return {};
    if (copied < 0 && errno != EINTR) return refused("copy", name);
  }
}

Status set_attributes(int fd, const struct stat& st, bool keep_owners, std::string_view name) {
  if (keep_owners && ::fchown(fd, st.st_uid, st.st_gid) != 0) return refused("give an owner to", name);
  if (::fchmod(fd, st.st_mode & k_mode_bits) != 0)
    return refused("give a mode to", name);  // after chown, which clears
  const std::array<timespec, 2> times{st.st_atim, st.st_mtim};
  if (::futimens(fd, times.data()) != 0) return refused("give times to", name);
  return {};
}

Status copy_file(int from_dir, int to_dir, const char* name, const struct stat& st, bool keep_owners) {
  const Fd from(::openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!from.valid()) return refused("open", name);
  const Fd to(::openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to.valid()) return refused("make", name);
  SLUICE_CHECK(copy_bytes(from.get(), to.get(), name));
  return set_attributes(to.get(), st, keep_owners, name);
}

Status copy_link(int from_dir, int to_dir, const char* name, const struct stat& st, bool keep_owners) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(from_dir, name, target.data(), target.size() - 1);
  if (size < 0) return refused("read the link", name);
  if (::symlinkat(target.data(), to_dir, name) != 0) return refused("make the link", name);
  if (keep_owners && ::fchownat(to_dir, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return refused("give an owner to", name);
  }
  return {};
}

Status copy_level(int from, int to, bool keep_owners, int depth) {
  if (depth > k_max_copy_depth) {
    return fail(ErrorKind::limit, "sandbox.copy",
                "directories are nested deeper than " + std::to_string(k_max_copy_depth));
  }
  const int listing = ::openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listing < 0) return refused("list", "a directory");
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(listing), &::closedir);
  if (!dir) {
    ::close(listing);
    return refused("list", "a directory");
  }
  while (const dirent* entry = ::readdir(dir.get())) {
    const char* name = entry->d_name;
    if (std::string_view(name) == "." || std::string_view(name) == "..") continue;
    struct stat st{};
    if (::fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return refused("read", name);
    if (S_ISREG(st.st_mode)) {
      SLUICE_CHECK(copy_file(from, to, name, st, keep_owners));
    } else if (S_ISLNK(st.st_mode)) {
      SLUICE_CHECK(copy_link(from, to, name, st, keep_owners));
    } else if (S_ISDIR(st.st_mode)) {
      if (::mkdirat(to, name, 0700) != 0) return refused("make", name);
      const Fd below_from(::openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      const Fd below_to(::openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!below_from.valid() || !below_to.valid()) return refused("open", name);
      SLUICE_CHECK(copy_level(below_from.get(), below_to.get(), keep_owners, depth + 1));
      SLUICE_CHECK(set_attributes(below_to.get(), st, keep_owners, name));
    }
  }
  return {};
}

}  // namespace

Status copy_tree(int from, int to, bool keep_owners) {
  SLUICE_CHECK(copy_level(from, to, keep_owners, 0));
  struct stat st{};
  if (::fstat(from, &st) != 0) return refused("read", "the root");
  return set_attributes(to, st, keep_owners, "the root");
}

}  // namespace sluice::sandbox

#include "sandbox/observe/program_file.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_script_head = 256;  // as the kernel reads of a script

Fd open_at(int root, const std::string& path, int flags) {
  open_how how{};
  // openat2 takes no other flags with O_PATH.
  how.flags = static_cast<std::uint32_t>(flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NONBLOCK));
  how.resolve = RESOLVE_IN_ROOT;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
}

// Names of the process's own files, which no path in its root leads to.
std::string own_link(const std::string& path) {
  for (const std::string_view prefix : {"/proc/self/", "/proc/thread-self/"}) {
    if (path.starts_with(prefix)) return path.substr(prefix.size());
  }
  return path.starts_with("/dev/fd/") ? "fd/" + path.substr(8) : std::string();
}

Fd open_in(const ProcessView& view, const std::string& path, int flags) {
  const std::string own = own_link(path);
  if (!own.empty()) return view.open(own, flags | O_NONBLOCK);
  const Fd root = view.open("root", O_PATH | O_DIRECTORY);
  if (!root.valid()) return Fd();
  return open_at(root.get(), path, flags);
}

std::string name_of(int fd) {
  std::array<char, PATH_MAX> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

bool on_tmpfs(int fd) {
  struct statfs fs{};
  return ::fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

// The same file as the image's: an overlay shows the lower file's size and time until it is changed. A file
// that was changed and given its old time again is found in the writable layer afterwards.
Origin origin_of(const ProcessView& view, int fd, const struct stat& st, const std::string& path,
                 const DigestCache& image) {
  const Fd container_root = view.open("root", O_PATH | O_DIRECTORY);
  if (on_tmpfs(fd) && container_root.valid() && !on_tmpfs(container_root.get())) return Origin::written;
  const Fd root(::open(image.root().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return Origin::unknown;
  const Fd lower = open_at(root.get(), path, O_PATH | O_NOFOLLOW);
  struct stat original{};
  if (!lower.valid() || ::fstat(lower.get(), &original) != 0) return Origin::written;
  const bool same = original.st_size == st.st_size && original.st_mtim.tv_sec == st.st_mtim.tv_sec &&
                    original.st_mtim.tv_nsec == st.st_mtim.tv_nsec;
  return same ? Origin::image : Origin::written;
}

}  // namespace

ExecSeen look_at_program(const ProcessView& view, const std::string& path, const DigestCache& image,
                         const std::function<std::string(std::string)>& inside) {
  ExecSeen seen;
  seen.path = path;
  const Fd file = open_in(view, path, O_PATH);
  struct stat st{};
  seen.exists =
      file.valid() && ::fstat(file.get(), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0;
  if (!seen.exists) return seen;
  seen.setuid = (st.st_mode & S_ISUID) != 0;
  seen.setgid = (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
  const std::string name = name_of(file.get());
  const bool nameless = name.empty() || name.ends_with(" (deleted)");
  seen.path = nameless ? "memory" : inside(name);
  seen.origin = nameless ? Origin::written : origin_of(view, file.get(), st, seen.path, image);
  if (seen.origin == Origin::image) return seen;
  const Fd readable(::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (readable.valid()) seen.sha256 = digest_of(readable.get());
  return seen;
}

std::string interpreter_of(const ProcessView& view, const std::string& path) {
  const Fd file = open_in(view, path, O_RDONLY);
  if (!file.valid()) return {};
  std::array<char, k_script_head> head{};
  const ssize_t size = ::pread(file.get(), head.data(), head.size(), 0);
  std::string_view line(head.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (!line.starts_with("#!")) return {};
  line = trim(line.substr(2, line.find('\n') == std::string_view::npos ? line.npos : line.find('\n') - 2));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

bool may_read(const ProcessView& view, const std::string& path) {
  const Fd file = open_in(view, path, O_PATH);
  struct stat st{};
  const auto identity = view.identity();
  if (!file.valid() || !identity || ::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  constexpr unsigned k_dac_override = 1;
  if (((identity->permitted >> k_dac_override) & 1) != 0) return true;
  if (st.st_uid == identity->outer_fsuid) return (st.st_mode & S_IRUSR) != 0;
  if (st.st_gid == identity->outer_fsgid) return (st.st_mode & S_IRGRP) != 0;
  return (st.st_mode & S_IROTH) != 0;
}

}  // namespace sluice::sandbox

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
constexpr std::size_t k_max_known = 4096;   // files remembered; more means that all are looked at anew

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

bool same_file(const struct stat& a, const struct stat& b) {
  const auto same_time = [](const timespec& one, const timespec& two) {
    return one.tv_sec == two.tv_sec && one.tv_nsec == two.tv_nsec;
  };
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         same_time(a.st_ctim, b.st_ctim) && same_time(a.st_mtim, b.st_mtim);
}

std::string interpreter_of(int fd) {
  std::array<char, k_script_head> head{};
  const ssize_t size = ::pread(fd, head.data(), head.size(), 0);
  std::string_view line(head.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (!line.starts_with("#!")) return {};
  line = trim(line.substr(2, line.find('\n') == std::string_view::npos ? line.npos : line.find('\n') - 2));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

}  // namespace

ProgramFiles::ProgramFiles(std::shared_ptr<const DigestCache> image,
                           std::function<std::string(std::string)> inside)
    : image_(std::move(image)),
      inside_(std::move(inside)),
      image_root_(::open(image_->root().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

Fd ProgramFiles::open_in(const ProcessView& view, const std::string& path, int flags) {
  const std::string own = own_link(path);
  if (!own.empty()) return view.open(own, flags | O_NONBLOCK);
  if (!root_.valid()) {
    root_ = view.open("root", O_PATH | O_DIRECTORY);
    if (!root_.valid()) return Fd();
    root_on_tmpfs_ = on_tmpfs(root_.get());
  }
  return open_at(root_.get(), path, flags);
}

// The same file as the image's: an overlay shows the lower file's size and time until it is changed. A file
// that was changed and given its old time again is found in the writable layer afterwards.
Origin ProgramFiles::origin_of(int fd, const struct stat& st, const std::string& path) {
  if (!root_on_tmpfs_ && root_.valid() && on_tmpfs(fd)) return Origin::written;
  if (!image_root_.valid()) return Origin::unknown;
  const Fd lower = open_at(image_root_.get(), path, O_PATH | O_NOFOLLOW);
  struct stat original{};
  if (!lower.valid() || ::fstat(lower.get(), &original) != 0) return Origin::written;
  const bool same = original.st_size == st.st_size && original.st_mtim.tv_sec == st.st_mtim.tv_sec &&
                    original.st_mtim.tv_nsec == st.st_mtim.tv_nsec;
  return same ? Origin::image : Origin::written;
}

ProgramFiles::Program ProgramFiles::examine(const ProcessView& view, const std::string& path, int fd,
                                            const struct stat& st) {
  Program program;
  ExecSeen& seen = program.seen;
  seen.setuid = (st.st_mode & S_ISUID) != 0;
  seen.setgid = (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
  const std::string name = name_of(fd);
  const bool nameless = name.empty() || name.ends_with(" (deleted)");
  seen.path = nameless ? "memory" : inside_(name);
  seen.origin = nameless ? Origin::written : origin_of(fd, st, seen.path);
  Fd readable(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!readable.valid()) readable = open_in(view, path, O_RDONLY);
  if (!readable.valid()) return program;
  program.interpreter = interpreter_of(readable.get());
  if (seen.origin != Origin::image) seen.sha256 = digest_of(readable.get());
  return program;
}

ProgramFiles::Program ProgramFiles::look(const ProcessView& view, const std::string& path) {
  const Fd file = open_in(view, path, O_PATH);
  struct stat st{};
  if (!file.valid() || ::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0) {
    Program none;
    none.seen.path = path;
    none.seen.exists = false;
    return none;
  }
  // Links of a process to its own files mean another file in each.
  if (!own_link(path).empty()) return examine(view, path, file.get(), st);
  const auto found = known_.find(path);
  if (found != known_.end() && same_file(found->second.st, st)) return found->second.program;
  if (known_.size() >= k_max_known) known_.clear();
  Known known{st, examine(view, path, file.get(), st)};
  return known_.insert_or_assign(path, std::move(known)).first->second.program;
}

bool ProgramFiles::may_read(const ProcessView& view, const std::string& path) {
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

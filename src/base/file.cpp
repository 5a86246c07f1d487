// Files that the user named: whole reads, atomic writes, directories.
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace sluice {
namespace {

std::string quoted(std::string_view path) {
  return "\"" + std::string(path) + "\"";
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

tl::unexpected<Error> too_large(std::string_view name, std::uint64_t max_bytes) {
  return fail(ErrorKind::limit, "file.too-large",
              quoted(name) + " is larger than the limit of " + std::to_string(max_bytes) + " bytes");
}

// fsync of a folder makes the rename itself durable; file systems that cannot (EINVAL) are not at fault.
Status sync_folder(const std::string& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("file.write", "cannot open folder " + quoted(folder), errno);
  if (::fsync(fd.get()) != 0 && errno != EINVAL) {
    return fail_errno("file.write", "cannot sync folder " + quoted(folder), errno);
  }
  return {};
}

}  // namespace

void Fd::reset() {
  // EINTR from close on Linux still has closed it: trying again could close another thread's descriptor.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Bytes> read_fd(int fd, std::string_view name, std::uint64_t max_bytes) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return fail_errno("file.read", "cannot stat " + quoted(name), errno);
  if (S_ISDIR(info.st_mode)) {
    return fail(ErrorKind::io, "file.not-regular", quoted(name) + " is a directory");
  }
  const auto stated = static_cast<std::uint64_t>(std::max<off_t>(info.st_size, 0));
  if (S_ISREG(info.st_mode) && stated > max_bytes) return too_large(name, max_bytes);

  // The stated size is a hint only: files of /proc state 0, and a file may grow while it is read.
  constexpr std::size_t k_step = 64u << 10;
  Bytes bytes;
  std::size_t used = 0;
  bytes.resize(static_cast<std::size_t>(stated) + 1);
  while (true) {
    if (used == bytes.size()) bytes.resize(bytes.size() + std::max(k_step, bytes.size() / 2));
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0) {
      if (errno == EINTR) continue;
      return fail_errno("file.read", "cannot read " + quoted(name), errno);
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > max_bytes) return too_large(name, max_bytes);
  }
  bytes.resize(used);
  return bytes;
}

Result<Bytes> read_file(const std::string& path, std::uint64_t max_bytes) {
  // O_NONBLOCK: opening a FIFO that nobody writes to would otherwise wait for ever.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) {
    const int reason = errno;
    if (reason == ENOENT || reason == ENOTDIR) {
      return fail(ErrorKind::not_found, "file.not-found", "no such file: " + quoted(path));
    }
    return fail_errno("file.open", "cannot open " + quoted(path), reason);
  }
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("file.read", "cannot stat " + quoted(path), errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorKind::io, "file.not-regular", quoted(path) + " is not a regular file");
  }
  return read_fd(fd.get(), path, max_bytes);
}

Status write_all(int fd, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      return fail_errno("file.write", "cannot write", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status write_file_atomic(const std::string& path, BytesView bytes, unsigned mode) {
  const std::string folder = parent_of(path);
  std::string temporary = folder + "/.sluice-XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return fail_errno("file.write", "cannot make a file in " + quoted(folder), errno);

  const auto give_up = [&](const std::string& what, int reason) {
    ::unlink(temporary.c_str());
    return fail_errno("file.write", "cannot " + what + " " + quoted(path), reason);
  };
  if (const Status written = write_all(fd.get(), bytes); !written) {
    ::unlink(temporary.c_str());
    return fail(with_context(written.error(), "writing " + path));
  }
  if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) return give_up("set the mode of", errno);
  if (::fsync(fd.get()) != 0) return give_up("sync", errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up("replace", errno);
  return sync_folder(folder);
}

Status make_directories(const std::string& path, unsigned mode) {
  if (path.empty()) return fail(ErrorKind::io, "file.mkdir", "cannot make a directory without a name");
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), static_cast<mode_t>(mode)) == 0) continue;
    const int reason = errno;
    if (is_directory(part)) continue;
    return fail_errno("file.mkdir", "cannot make directory " + quoted(part), reason);
  }
  return {};
}

bool path_exists(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0;
}

bool is_directory(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace sluice

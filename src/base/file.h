// Safe file access. Trusted paths (what the user named) go through read_file; everything below a
// directory that others may have filled goes through Directory, which never leaves its root:
// openat2 with RESOLVE_BENEATH or RESOLVE_IN_ROOT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice {

// An owned file descriptor, close-on-exec, closed by the destructor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

inline constexpr std::uint64_t k_max_file_bytes = 1u << 30;

// Whole file. Follows symbolic links. Codes: file.not-found,
// file.open, file.read, file.too-large, file.not-regular.
[[nodiscard]] Result<Bytes> read_file(const std::string& path, std::uint64_t max_bytes = k_max_file_bytes);
[[nodiscard]] Result<Bytes> read_fd(int fd, std::string_view name,
                                    std::uint64_t max_bytes = k_max_file_bytes);

// Writes to a temporary name in the same folder, syncs, renames:
// readers see the old or the new file, never half.
[[nodiscard]] Status write_file_atomic(const std::string& path, BytesView bytes, unsigned mode = 0644);
[[nodiscard]] Status write_all(int fd, BytesView bytes);
[[nodiscard]] Status make_directories(const std::string& path, unsigned mode = 0755);
[[nodiscard]] bool path_exists(const std::string& path);
[[nodiscard]] bool is_directory(const std::string& path);

enum class EntryType : std::uint8_t { regular, directory, symlink, other };

struct DirectoryEntry {
  std::string name;
  EntryType type = EntryType::other;
};

// A directory whose content is not trusted. Relative paths only; no access ever leaves the directory.
class Directory {
 public:
  [[nodiscard]] static Result<Directory> open(const std::string& path);

  // beneath: a path or link that leaves the directory is an error (file.escapes).
  // in_root: absolute links and ".." are resolved as if the directory were "/" (as in a container).
  enum class Resolve { beneath, in_root };

  [[nodiscard]] Result<Fd> open_file(const std::string& relative, int flags,
                                     Resolve resolve = Resolve::beneath, unsigned mode = 0) const;
  [[nodiscard]] Result<Bytes> read(const std::string& relative, std::uint64_t max_bytes = k_max_file_bytes,
                                   Resolve resolve = Resolve::beneath) const;
  [[nodiscard]] Result<Directory> open_directory(const std::string& relative,
                                                 Resolve resolve = Resolve::beneath) const;
  [[nodiscard]] Result<std::vector<DirectoryEntry>> list() const;  // sorted by name, without "." and ".."
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit Directory(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// A fresh directory under TMPDIR (mode 0700), removed with its content
// by the destructor (never across mounts).
class TempDirectory {
 public:
  [[nodiscard]] static Result<TempDirectory> create(std::string_view prefix = "sluice-");
  ~TempDirectory();
  TempDirectory(TempDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDirectory& operator=(TempDirectory&& other) noexcept;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TempDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Removes a tree without following links and without crossing mounts (bind mounts too). Missing is not an
// error. Goes on past failures and returns the first: file.remove, file.mount.
[[nodiscard]] Status remove_tree(const std::string& path);

}  // namespace sluice

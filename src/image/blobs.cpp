#include "image/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "image/decompress.h"
#include "image/limits.h"
#include "image/path.h"
#include "image/tar.h"

namespace sluice::image {
namespace {

// O_NONBLOCK: a fifo in the place of a blob must not hang us.
constexpr int k_open_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

Result<Blob> whole_file(Fd fd, const std::string& name) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("image.open", "cannot look at " + name, errno);
  if (!S_ISREG(info.st_mode))
    return fail(ErrorKind::invalid, "image.not-regular", name + " is not a regular file");
  return Blob{std::make_shared<const Fd>(std::move(fd)), 0, static_cast<std::uint64_t>(info.st_size)};
}

tl::unexpected<Error> missing(const std::string& path) {
  return fail(ErrorKind::not_found, "image.missing-blob", "the image has no file " + path,
              "it is incomplete: export or pull it again");
}

class FolderStore final : public BlobStore {
 public:
  explicit FolderStore(Directory directory) : directory_(std::move(directory)) {}

  Result<Blob> open(const std::string& path) const override {
    auto fd = directory_.open_file(path, k_open_flags);
    if (!fd && fd.error().code == "file.not-found") return missing(path);
    if (!fd) return fail(std::move(fd).error());
    return whole_file(std::move(fd).value(), path);
  }

  bool has(const std::string& path) const override {
    return directory_.open_file(path, O_PATH | O_CLOEXEC).has_value();
  }

 private:
  Directory directory_;
};

class ArchiveStore final : public BlobStore {
 public:
  explicit ArchiveStore(Blob archive) : archive_(std::move(archive)) {}

  Status scan() {
    FileSource source = archive_.source();
    TarReader tar(source);
    while (const auto entry = SLUICE_TRY(tar.next())) {
      if (members_.size() >= k_max_archive_members) {
        return fail(ErrorKind::limit, "image.too-large", "the archive has too many members");
      }
      SLUICE_CHECK(add(*entry, tar.offset()));
    }
    return {};
  }

  Result<Blob> open(const std::string& path) const override {
    const Member* member = find(path);
    if (member == nullptr) return missing(path);
    return Blob{archive_.fd, member->offset, member->size};
  }

  bool has(const std::string& path) const override { return find(path) != nullptr; }

 private:
  struct Member {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::optional<std::string>
        link;  // of a symbolic link: the path inside the archive, or "" if it leads out of it
  };

  Status add(const TarEntry& entry, std::uint64_t offset) {
    if (entry.kind == EntryKind::directory) return {};
    const NormalPath name = normalise_path(entry.path);
    if (!name.refused.empty() || name.path.empty()) {
      return fail(ErrorKind::invalid, "image.archive-name", "the archive has a member with a bad name");
    }
    Member member{offset, entry.size, {}};
    if (entry.kind == EntryKind::symlink) {
      member.link = link_target(name.path, entry.link);
    } else if (entry.kind != EntryKind::regular) {
      return fail(ErrorKind::invalid, "image.archive-member",
                  "the archive has a " + std::string(to_string(entry.kind)) + " as a member");
    }
    // Of two members with one name, tar programs take the last and other readers the first.
    if (!members_.emplace(name.path, std::move(member)).second) {
      return fail(ErrorKind::invalid, "image.archive-duplicate",
                  "the archive has the member " + name.path + " twice");
    }
    return {};
  }

  // Relative to the link's folder; ".." is resolved by name and cannot leave the archive. "" for a target
  // outside.
  static std::string link_target(std::string_view from, std::string_view target) {
    if (target.starts_with('/')) return "";
    std::vector<std::string_view> parts = components(split_path(from).parent);
    for (const std::string_view part : components(target)) {
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return "";
      } else {
        parts.pop_back();
      }
    }
    std::string path;
    for (const std::string_view part : parts) path += (path.empty() ? "" : "/") + std::string(part);
    return path;
  }

  const Member* find(const std::string& path) const {
    auto found = members_.find(normalise_path(path).path);
    // Old `docker save` links equal layers to each other.
    for (std::size_t hop = 0; found != members_.end() && hop < k_max_symlink_hops; ++hop) {
      if (!found->second.link) return &found->second;
      found = members_.find(*found->second.link);
    }
    return nullptr;
  }

  Blob archive_;
  std::map<std::string, Member, std::less<>> members_;
};

Result<Fd> unnamed_file() {
  const char* folder = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): read only
  const std::string where = folder != nullptr && *folder != '\0' ? folder : "/tmp";
  Fd fd(::open(where.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.valid()) return fd;
  // Not every file system has O_TMPFILE (overlay on old kernels, NFS).
  std::string name = where + "/sluice-archive-XXXXXX";
  fd = Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd.valid()) return fail_errno("image.spool", "cannot make a temporary file in " + where, errno);
  ::unlink(name.c_str());
  return fd;
}

Result<Blob> expand(const Blob& archive, Compression compression) {
  Fd fd = SLUICE_TRY(unnamed_file());
  FileSource source = archive.source();
  const auto expanded =
      decompress(source, compression, {k_max_archive_bytes, k_max_expansion_ratio, k_expansion_ratio_floor});
  std::string buffer(k_chunk_bytes, '\0');
  std::uint64_t total = 0;
  while (const std::size_t got = SLUICE_TRY(expanded->read(buffer.data(), buffer.size()))) {
    SLUICE_CHECK(write_all(fd.get(), BytesView(buffer).substr(0, got)));
    total += got;
  }
  return Blob{std::make_shared<const Fd>(std::move(fd)), 0, total};
}

}  // namespace

Result<std::unique_ptr<BlobStore>> open_folder(const std::string& path) {
  return std::unique_ptr<BlobStore>(std::make_unique<FolderStore>(SLUICE_TRY(Directory::open(path))));
}

Result<std::unique_ptr<BlobStore>> open_archive(const std::string& path) {
  Fd fd(::open(path.c_str(), k_open_flags));
  if (!fd.valid()) {
    if (errno == ENOENT) return fail(ErrorKind::not_found, "image.not-found", "there is no image " + path);
    return fail_errno("image.open", "cannot open " + path, errno);
  }
  Blob archive = SLUICE_TRY(whole_file(std::move(fd), path));
  std::array<char, 4> start{};
  FileSource head = archive.source();
  const std::size_t got = SLUICE_TRY(head.read(start.data(), start.size()));
  const Compression compression = detect_compression({start.data(), got});
  if (compression != Compression::none) archive = SLUICE_TRY(expand(archive, compression));
  auto store = std::make_unique<ArchiveStore>(std::move(archive));
  if (auto status = store->scan(); !status) {
    Error error = std::move(status).error();
    if (error.code == "image.tar-checksum" || error.code == "image.tar-number") {
      error.hint = "an image is an OCI layout folder, or a tar archive made by `docker save` or an OCI tool";
    }
    return fail(with_context(std::move(error), "reading the archive " + path));
  }
  return std::unique_ptr<BlobStore>(std::move(store));
}

Result<Bytes> read_document(const BlobStore& store, const std::string& path, std::uint64_t max_bytes) {
  const Blob blob = SLUICE_TRY(store.open(path));
  FileSource source = blob.source();
  return read_all(source, max_bytes, path);
}

Result<Bytes> read_blob(const BlobStore& store, const Digest& digest, std::uint64_t size,
                        std::uint64_t max_bytes, const std::string& what) {
  if (size > max_bytes) {
    return fail(ErrorKind::limit, "image.too-large",
                what + " is larger than " + std::to_string(max_bytes) + " bytes");
  }
  const Blob blob = SLUICE_TRY(store.open(blob_path(digest)));
  if (blob.size != size) {
    return fail(
        ErrorKind::crypto, "image.blob-size",
        what + " has " + std::to_string(blob.size) + " bytes, its descriptor says " + std::to_string(size));
  }
  FileSource source = blob.source();
  Bytes bytes = SLUICE_TRY(read_all(source, max_bytes, what));
  if (sha256(bytes) != digest) {
    return fail(ErrorKind::crypto, "image.blob-digest", what + " does not have the digest " + digest.oci(),
                "the image was changed or damaged after it was made");
  }
  return bytes;
}

}  // namespace sluice::image

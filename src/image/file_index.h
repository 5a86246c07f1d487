// FileIndex: the image's file system as a runtime would lay it out, from the layers alone: nothing is
// unpacked. Lookup by path resolves symbolic links inside the image. Which layer wrote what, and what later
// layers removed, is kept: a secret deleted in layer 5 still ships in layer 3.
//
// Immutable after building; const functions are thread-safe. Paths are normal ("usr/bin/env"; "" is the
// root); lookups accept any form ("/usr/bin/env", "usr//bin/./env").
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "image/image.h"
#include "image/problem.h"
#include "image/tar.h"

namespace sluice::image {

// One file (an inode): hard links are several paths with one FileInfo.
struct FileInfo {
  EntryKind kind = EntryKind::directory;  // never hardlink
  std::uint32_t mode = 0755;              // 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::string link;  // target of a symbolic link, as stored
  std::map<std::string, std::string> xattrs;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::size_t layer = 0;    // that wrote it last
  std::uint64_t entry = 0;  // ordinal of its entry in that layer
  std::uint32_t links = 1;  // paths that lead to it
  bool implicit = false;    // a folder that no entry describes, made because something lies in it
  std::optional<Digest> content_digest;  // of regular files, unless switched off

  [[nodiscard]] bool has_capability() const { return xattrs.contains("security.capability"); }
};

struct Found {
  std::string path;  // normal, all links resolved
  const FileInfo* info = nullptr;
};

// A file of a lower layer that the final file system no longer shows.
struct DeletedFile {
  enum class How : std::uint8_t { whiteout, opaque, replaced };
  std::string path;
  FileInfo info;  // as it was; info.layer still holds its bytes
  std::size_t by_layer = 0;
  How how = How::whiteout;
};

struct IndexOptions {
  bool digests =
      true;  // SHA-256 of each regular file's content; without it `read` verifies the whole layer again
  // Called with path and header of each regular file while layers are read: true keeps its content in memory,
  // so that the package databases cost no second pass. Keep it small; k_max_kept_bytes bounds the sum.
  std::function<bool(std::string_view path, const TarEntry& entry)> keep;
};

inline constexpr std::uint64_t k_max_kept_bytes = 512u << 20;

class FileIndex {
 public:
  // Reads and verifies every layer. Codes: those of Image::for_each_entry, image.too-many-entries,
  // image.kept.
  [[nodiscard]] static Result<FileIndex> build(const Image& image, const IndexOptions& options = {});

  FileIndex(FileIndex&&) noexcept;
  FileIndex& operator=(FileIndex&&) noexcept;
  ~FileIndex();

  // Parents are followed, the last component is not (as lstat does). Nothing if it does not exist, also when
  // a link on the way is broken, turns in a circle or passes through something that is no folder.
  [[nodiscard]] std::optional<Found> find(std::string_view path) const;
  // The last component is followed too (as stat does).
  [[nodiscard]] std::optional<Found> resolve(std::string_view path) const;

  // Names in a folder (links to folders are followed), sorted. Empty if it is no folder.
  [[nodiscard]] std::vector<std::string> list(std::string_view folder) const;

  // Every path in sorted order, parents before children, without the root.
  void for_each(const std::function<void(std::string_view path, const FileInfo& info)>& visit) const;
  // The same below one folder (which is resolved first); paths are whole.
  void for_each_below(std::string_view folder,
                      const std::function<void(std::string_view path, const FileInfo& info)>& visit) const;

  [[nodiscard]] std::size_t size() const;                         // number of paths, without the root
  [[nodiscard]] const std::vector<DeletedFile>& deleted() const;  // sorted by path, then layer
  [[nodiscard]] const ProblemList& problems() const;
  [[nodiscard]] const std::vector<LayerFacts>& layer_facts() const;

  // Content of a regular file; links are followed. From memory if it was kept, else its layer is read up to
  // it. What it returns has the digest recorded when the layer was verified. Codes: image.no-such-file,
  // image.not-regular, image.too-large, image.changed.
  [[nodiscard]] Result<Bytes> read(std::string_view path, std::uint64_t max_bytes) const;
  // Content of one file as a layer has it, also of one that was deleted later.
  [[nodiscard]] Result<Bytes> read(const FileInfo& info, std::uint64_t max_bytes) const;
  // Many files with one pass for each layer; `use` is called once for each, in no set order.
  [[nodiscard]] Status read_many(const std::vector<const FileInfo*>& files, std::uint64_t max_bytes_each,
                                 const std::function<Status(const FileInfo& info, Bytes content)>& use) const;

 private:
  struct Tree;
  explicit FileIndex(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace sluice::image

#include "image/file_index.h"

#include <algorithm>
#include <set>

#include "image/file_tree.h"
#include "image/limits.h"

namespace sluice::image {

struct FileIndex::Tree {
  explicit Tree(Image source) : image(std::move(source)) {}

  Image image;
  FileTree files;
  std::map<std::pair<std::size_t, std::uint64_t>, Bytes> kept;  // by layer and ordinal
  std::uint64_t kept_bytes = 0;
  std::vector<LayerFacts> layers;
};

namespace {

FileInfo describe(const TarEntry& entry, std::size_t layer, std::uint64_t ordinal) {
  FileInfo info;
  info.kind = entry.kind;
  info.mode = entry.mode;
  info.uid = entry.uid;
  info.gid = entry.gid;
  info.size = entry.size;
  info.mtime = entry.mtime;
  info.link = entry.kind == EntryKind::symlink ? entry.link : std::string();
  info.xattrs = entry.xattrs;
  info.device_major = entry.device_major;
  info.device_minor = entry.device_minor;
  info.layer = layer;
  info.entry = ordinal;
  return info;
}

tl::unexpected<Error> not_regular() {
  return fail(ErrorKind::invalid, "image.not-regular", "the path in the image is not a regular file");
}

}  // namespace

FileIndex::FileIndex(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
FileIndex::FileIndex(FileIndex&&) noexcept = default;
FileIndex& FileIndex::operator=(FileIndex&&) noexcept = default;
FileIndex::~FileIndex() = default;

Result<FileIndex> FileIndex::build(const Image& image, const IndexOptions& options) {
  auto tree = std::make_unique<Tree>(image);
  std::uint64_t entries = 0;
  for (std::size_t layer = 0; layer < image.layers().size(); ++layer) {
    std::uint64_t ordinal = 0;
    const auto visit = [&](const TarEntry& entry, ByteSource& content) -> Status {
      if (++entries > k_max_entries) {
        return fail(ErrorKind::limit, "image.too-many-entries",
                    "the image has more than " + std::to_string(k_max_entries) + " entries");
      }
      FileInfo info = describe(entry, layer, ordinal++);
      if (entry.kind == EntryKind::regular) {
        HashingSource hashing(content);
        if (options.keep && options.keep(normalise_path(entry.path).path, entry)) {
          tree->kept_bytes += entry.size;
          if (tree->kept_bytes > k_max_kept_bytes) {
            return fail(ErrorKind::limit, "image.kept", "the files to look into are too large together");
          }
          tree->kept.emplace(std::pair(layer, info.entry),
                             SLUICE_TRY(read_all(hashing, entry.size, "a file")));
        } else if (options.digests) {
          SLUICE_TRY(drain(hashing));
        }
        if (options.digests) info.content_digest = hashing.finish();
      }
      return tree->files.apply(entry, std::move(info));
    };
    const LayerFacts facts = SLUICE_TRY(image.for_each_entry(layer, visit));
    if (facts.trailing_data) {
      tree->files.problems.add(
          {"layer.trailing-data", layer, "", "data follows the end of the layer's archive", false});
    }
    tree->layers.push_back(facts);
  }
  auto& deleted = tree->files.deleted;
  std::stable_sort(deleted.begin(), deleted.end(), [](const DeletedFile& a, const DeletedFile& b) {
    return std::tie(a.path, a.info.layer) < std::tie(b.path, b.info.layer);
  });
  return FileIndex(std::move(tree));
}

std::optional<Found> FileIndex::find(std::string_view path) const {
  const NodeId node = tree_->files.walk(k_root, path, FileTree::Follow::parents);
  if (node == k_no_node) return std::nullopt;
  return Found{tree_->files.path_of(node), &tree_->files.info_of(node)};
}

std::optional<Found> FileIndex::resolve(std::string_view path) const {
  const NodeId node = tree_->files.walk(k_root, path, FileTree::Follow::all);
  if (node == k_no_node) return std::nullopt;
  return Found{tree_->files.path_of(node), &tree_->files.info_of(node)};
}

std::vector<std::string> FileIndex::list(std::string_view folder) const {
  std::vector<std::string> names;
  const NodeId node = tree_->files.walk(k_root, folder, FileTree::Follow::all);
  if (node == k_no_node) return names;
  for (const auto& [name, id] : tree_->files.children_of(node)) names.push_back(name);
  return names;
}

void FileIndex::for_each(
    const std::function<void(std::string_view path, const FileInfo& info)>& visit) const {
  for_each_below("", visit);
}

void FileIndex::for_each_below(
    std::string_view folder,
    const std::function<void(std::string_view path, const FileInfo& info)>& visit) const {
  const NodeId node = tree_->files.walk(k_root, folder, FileTree::Follow::all);
  if (node == k_no_node) return;
  std::string path = tree_->files.path_of(node);
  tree_->files.visit(node, path, visit);
}

std::size_t FileIndex::size() const {
  return tree_->files.path_count();
}
const std::vector<DeletedFile>& FileIndex::deleted() const {
  return tree_->files.deleted;
}
const ProblemList& FileIndex::problems() const {
  return tree_->files.problems;
}
const std::vector<LayerFacts>& FileIndex::layer_facts() const {
  return tree_->layers;
}

Result<Bytes> FileIndex::read(std::string_view path, std::uint64_t max_bytes) const {
  const auto found = resolve(path);
  if (!found) {
    return fail(ErrorKind::not_found, "image.no-such-file",
                "there is no file " + std::string(path) + " in the image");
  }
  return read(*found->info, max_bytes);
}

Result<Bytes> FileIndex::read(const FileInfo& info, std::uint64_t max_bytes) const {
  Bytes result;
  SLUICE_CHECK(read_many({&info}, max_bytes, [&result](const FileInfo&, Bytes content) -> Status {
    result = std::move(content);
    return {};
  }));
  return result;
}

namespace {

// Files of one layer, by ordinal of their entries (hard links and repeated requests may share one).
using Wanted = std::multimap<std::uint64_t, const FileInfo*>;
using UseContent = std::function<Status(const FileInfo& info, Bytes content)>;

Status take(const Wanted& wanted, std::uint64_t ordinal, ByteSource& content, std::uint64_t max_bytes,
            const UseContent& use) {
  const auto [begin, end] = wanted.equal_range(ordinal);
  if (begin == end) return {};
  const Bytes bytes = SLUICE_TRY(read_all(content, max_bytes, "a file of the image"));
  for (auto it = begin; it != end; ++it) {
    if (it->second->content_digest && sha256(bytes) != *it->second->content_digest) {
      return fail(ErrorKind::crypto, "image.changed",
                  "a file of the image has changed since its layer was verified");
    }
    SLUICE_CHECK(use(*it->second, bytes));
  }
  return {};
}

// Up to the last one wanted, unverified: the digest of each file is known.
Status read_known(const Image& image, std::size_t layer, const Wanted& wanted, std::uint64_t max_bytes,
                  const UseContent& use) {
  return image.with_layer_stream(layer, [&](ByteSource& stream) -> Status {
    TarReader tar(stream);
    const std::uint64_t last = wanted.rbegin()->first;
    for (std::uint64_t ordinal = 0; ordinal <= last; ++ordinal) {
      if (!SLUICE_TRY(tar.next()))
        return fail(ErrorKind::crypto, "image.changed", "a layer has become shorter");
      SLUICE_CHECK(take(wanted, ordinal, tar, max_bytes, use));
    }
    return {};
  });
}

// To the layer's end, so that the layer's own digest vouches for the content.
Status read_verifying(const Image& image, std::size_t layer, const Wanted& wanted, std::uint64_t max_bytes,
                      const UseContent& use) {
  std::uint64_t ordinal = 0;
  SLUICE_TRY(image.for_each_entry(layer, [&](const TarEntry&, ByteSource& content) {
    return take(wanted, ordinal++, content, max_bytes, use);
  }));
  return {};
}

}  // namespace

Status FileIndex::read_many(const std::vector<const FileInfo*>& files, std::uint64_t max_bytes_each,
                            const std::function<Status(const FileInfo& info, Bytes content)>& use) const {
  std::map<std::size_t, Wanted> by_layer;
  for (const FileInfo* info : files) {
    if (info->kind != EntryKind::regular) return not_regular();
    if (info->size > max_bytes_each) {
      return fail(ErrorKind::limit, "image.too-large",
                  "a file of the image is larger than " + std::to_string(max_bytes_each) + " bytes");
    }
    const auto kept = tree_->kept.find({info->layer, info->entry});
    if (kept == tree_->kept.end()) {
      by_layer[info->layer].emplace(info->entry, info);
    } else {
      SLUICE_CHECK(use(*info, kept->second));
    }
  }
  for (const auto& [layer, wanted] : by_layer) {
    const bool known = std::all_of(wanted.begin(), wanted.end(),
                                   [](const auto& item) { return item.second->content_digest.has_value(); });
    SLUICE_CHECK((known ? read_known : read_verifying)(tree_->image, layer, wanted, max_bytes_each, use));
  }
  return {};
}

}  // namespace sluice::image

// The tree that layers are merged into. Private to src/image; FileIndex is its public face.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "image/file_index.h"
#include "image/path.h"

namespace sluice::image {

using NodeId = std::uint32_t;
inline constexpr NodeId k_root = 0;
inline constexpr NodeId k_no_node = UINT32_MAX;
inline constexpr std::uint32_t k_max_tree_depth = 2048;

class FileTree {
 public:
  FileTree();

  // Applies one entry of a layer (OCI image spec, layer.md "Applying Changesets"). Layers come in order.
  // `info` carries what is known of the entry, with layer and ordinal. Only limits are errors; oddities are
  // problems.
  [[nodiscard]] Status apply(const TarEntry& entry, FileInfo info);

  enum class Follow : std::uint8_t { parents, all };
  // k_no_node if there is no such thing.
  [[nodiscard]] NodeId walk(NodeId from, std::string_view path, Follow follow) const;
  [[nodiscard]] std::string path_of(NodeId node) const;
  [[nodiscard]] const FileInfo& info_of(NodeId node) const { return inodes_[nodes_[node].inode]; }
  [[nodiscard]] const std::map<std::string, NodeId, std::less<>>& children_of(NodeId node) const {
    return nodes_[node].children;
  }
  [[nodiscard]] std::size_t path_count() const { return paths_; }
  void visit(NodeId node, std::string& path,
             const std::function<void(std::string_view path, const FileInfo& info)>& use) const;

  ProblemList problems;
  std::vector<DeletedFile> deleted;

 private:
  struct Node {
    NodeId parent = k_root;
    std::string name;
    std::uint32_t inode = 0;
    std::uint32_t depth = 0;
    std::size_t layer = 0;  // that wrote this path last
    std::map<std::string, NodeId, std::less<>> children;
  };

  // What the current entry is, for problems and removals.
  struct Step {
    std::size_t layer;
    const std::string& raw_path;
  };

  [[nodiscard]] bool is_folder(NodeId node) const { return info_of(node).kind == EntryKind::directory; }
  [[nodiscard]] NodeId child(NodeId folder, std::string_view name) const;
  Result<NodeId> make_node(NodeId parent, std::string_view name, std::uint32_t inode, const Step& step);
  std::uint32_t make_inode(FileInfo info);
  Result<NodeId> parent_for(std::string_view path, const Step& step);
  Status put(NodeId parent, std::string_view name, FileInfo info, const Step& step);
  Status put_hardlink(NodeId parent, std::string_view name, const TarEntry& entry, const Step& step);
  void remove(NodeId node, DeletedFile::How how, const Step& step);
  void remove_lower(NodeId node, DeletedFile::How how, const Step& step);
  void remove_lower_children(NodeId node, DeletedFile::How how, const Step& step);
  void note(const Step& step, std::string code, std::string message, bool lossy);

  std::deque<Node> nodes_;
  std::deque<FileInfo> inodes_;
  std::size_t paths_ = 0;
};

}  // namespace sluice::image

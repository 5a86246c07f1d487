#include "image/file_tree.h"

#include "image/limits.h"

namespace sluice::image {

FileTree::FileTree() {
  FileInfo root;
  root.implicit = true;
  inodes_.push_back(std::move(root));
  nodes_.emplace_back();
}

void FileTree::note(const Step& step, std::string code, std::string message, bool lossy) {
  problems.add({std::move(code), step.layer, step.raw_path, std::move(message), lossy});
}

NodeId FileTree::child(NodeId folder, std::string_view name) const {
  const auto& children = nodes_[folder].children;
  const auto found = children.find(name);
  return found == children.end() ? k_no_node : found->second;
}

NodeId FileTree::walk(NodeId from, std::string_view path, Follow follow) const {
  NodeId current = path.starts_with('/') ? k_root : from;
  std::vector<std::string_view> pending = components(path);
  std::reverse(pending.begin(), pending.end());
  std::size_t hops = 0;
  while (!pending.empty()) {
    if (!is_folder(current)) return k_no_node;
    const std::string_view part = pending.back();
    pending.pop_back();
    if (part == "..") {
      current = nodes_[current].parent;  // the root's parent is the root
      continue;
    }
    const NodeId next = child(current, part);
    if (next == k_no_node) return k_no_node;
    const FileInfo& info = info_of(next);
    if (info.kind != EntryKind::symlink || (pending.empty() && follow == Follow::parents)) {
      current = next;
      continue;
    }
    if (++hops > k_max_symlink_hops) return k_no_node;
    if (info.link.starts_with('/')) current = k_root;
    const std::vector<std::string_view> target = components(info.link);
    pending.insert(pending.end(), target.rbegin(), target.rend());
  }
  return current;
}

std::string FileTree::path_of(NodeId node) const {
  std::vector<NodeId> chain;
  for (; node != k_root; node = nodes_[node].parent) chain.push_back(node);
  std::string path;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if (!path.empty()) path += '/';
    path += nodes_[*it].name;
  }
  return path;
}

void FileTree::visit(NodeId node, std::string& path,
                     const std::function<void(std::string_view path, const FileInfo& info)>& use) const {
  const std::size_t length = path.size();
  for (const auto& [name, id] : nodes_[node].children) {
    if (length > 0) path += '/';
    path += name;
    use(path, info_of(id));
    if (is_folder(id)) visit(id, path, use);  // as deep as k_max_tree_depth
    path.resize(length);
  }
}

std::uint32_t FileTree::make_inode(FileInfo info) {
  inodes_.push_back(std::move(info));
  return static_cast<std::uint32_t>(inodes_.size() - 1);
}

Result<NodeId> FileTree::make_node(NodeId parent, std::string_view name, std::uint32_t inode,
                                   const Step& step) {
  // Long names can make many folders each, so nodes are counted, not entries.
  if (nodes_.size() > k_max_entries) {
    return fail(ErrorKind::limit, "image.too-many-entries",
                "the image has more than " + std::to_string(k_max_entries) + " paths");
  }
  const auto id = static_cast<NodeId>(nodes_.size());
  Node node;
  node.parent = parent;
  node.name = name;
  node.inode = inode;
  node.depth = nodes_[parent].depth + 1;
  node.layer = step.layer;
  nodes_.push_back(std::move(node));
  nodes_[parent].children.emplace(name, id);
  ++paths_;
  return id;
}

// The folder that an entry goes into, made where missing; k_no_node, with a problem, if something is in the
// way.
Result<NodeId> FileTree::parent_for(std::string_view path, const Step& step) {
  NodeId current = k_root;
  bool crossed_layers = false;
  for (const std::string_view part : components(path)) {
    NodeId next = child(current, part);
    if (next == k_no_node) {
      if (nodes_[current].depth >= k_max_tree_depth) {
        note(step, "entry.too-deep", "folders are nested too deeply", true);
        return k_no_node;
      }
      FileInfo folder;
      folder.layer = step.layer;
      folder.implicit = true;
      next = SLUICE_TRY(make_node(current, part, make_inode(std::move(folder)), step));
    } else if (info_of(next).kind == EntryKind::symlink) {
      crossed_layers = crossed_layers || nodes_[next].layer != step.layer;
      next = walk(current, part, Follow::all);
    }
    if (next == k_no_node || !is_folder(next)) {
      note(step, "entry.parent", "a parent of the entry is no folder", true);
      return k_no_node;
    }
    current = next;
  }
  if (crossed_layers) {
    // Unpacked into one tree, the entry lands behind the link; unpacked as an overlay, a folder replaces the
    // link.
    note(step, "entry.through-symlink",
         "the entry's folder is a symbolic link of an earlier layer; runtimes disagree", true);
  }
  return current;
}

Status FileTree::apply(const TarEntry& entry, FileInfo info) {
  const Step step{info.layer, entry.path};
  if (entry.size_on_header_only) note(step, "entry.size", "an entry without content claims a size", false);
  const NormalPath path = normalise_path(entry.path);
  if (!path.refused.empty()) {
    note(step, "entry." + path.refused, "the entry's name is refused", true);
    return {};
  }
  if (path.absolute) note(step, "entry.absolute", "the entry's name is absolute", false);
  if (path.path.empty()) {
    if (entry.kind != EntryKind::directory) {
      note(step, "entry.root", "an entry that is no folder stands for the root", true);
      return {};
    }
    inodes_[0] = std::move(info);
    return {};
  }
  const SplitPath split = split_path(path.path);
  const NodeId parent = SLUICE_TRY(parent_for(split.parent, step));
  if (parent == k_no_node) return {};
  const WhiteoutName hidden = whiteout(split.name);
  switch (hidden.kind) {
    case Whiteout::opaque:
      remove_lower_children(parent, DeletedFile::How::opaque, step);
      return {};
    case Whiteout::file:
      if (const NodeId target = child(parent, hidden.hidden); target != k_no_node) {
        remove_lower(target, DeletedFile::How::whiteout, step);
      }
      return {};
    case Whiteout::reserved:
      note(step, "entry.whiteout-name", "a reserved whiteout name is left out", false);
      return {};
    case Whiteout::none:
      break;
  }
  switch (entry.kind) {
    case EntryKind::hardlink:
      return put_hardlink(parent, split.name, entry, step);
    case EntryKind::other:
      note(step, "entry.type", "an entry of unknown type is left out", true);
      return {};
    case EntryKind::character:
    case EntryKind::block:
      note(step, "entry.device", "the image brings a device node", false);
      break;
    case EntryKind::symlink:
      if (entry.link.empty() || entry.link.size() >= k_max_path_bytes) {
        note(step, "entry.link", "a symbolic link has no target or one that is too long", true);
        return {};
      }
      break;
    default:
      break;
  }
  return put(parent, split.name, std::move(info), step);
}

Status FileTree::put(NodeId parent, std::string_view name, FileInfo info, const Step& step) {
  if (nodes_[parent].depth >= k_max_tree_depth) {
    note(step, "entry.too-deep", "folders are nested too deeply", true);
    return {};
  }
  if (const NodeId old = child(parent, name); old != k_no_node) {
    const bool merge = is_folder(old) && info.kind == EntryKind::directory;
    if (merge) {
      inodes_[nodes_[old].inode] = std::move(info);  // a folder has one path, so its inode is its own
      nodes_[old].layer = step.layer;
      return {};
    }
    if (nodes_[old].layer == step.layer && !info_of(old).implicit) {
      note(step, "entry.duplicate", "the layer has this path twice; the last one counts", false);
    }
    remove(old, DeletedFile::How::replaced, step);
  }
  SLUICE_TRY(make_node(parent, name, make_inode(std::move(info)), step));
  return {};
}

Status FileTree::put_hardlink(NodeId parent, std::string_view name, const TarEntry& entry, const Step& step) {
  const NormalPath path = normalise_path(entry.link);
  const NodeId target = path.refused.empty() ? walk(k_root, path.path, Follow::parents) : k_no_node;
  if (target == k_no_node || target == k_root || is_folder(target)) {
    note(step, "entry.hardlink-missing", "the target of a hard link is not in the image", true);
    return {};
  }
  if (nodes_[parent].depth >= k_max_tree_depth) return {};
  const std::uint32_t inode = nodes_[target].inode;
  ++inodes_[inode].links;  // before the old path goes, which may be the same file's last
  if (const NodeId old = child(parent, name); old != k_no_node) {
    if (nodes_[old].inode == inode) {
      --inodes_[inode].links;
      nodes_[old].layer = step.layer;
      return {};
    }
    remove(old, DeletedFile::How::replaced, step);
  }
  SLUICE_TRY(make_node(parent, name, inode, step));
  return {};
}

void FileTree::remove(NodeId node, DeletedFile::How how, const Step& step) {
  while (!nodes_[node].children.empty()) remove(nodes_[node].children.begin()->second, how, step);
  FileInfo& info = inodes_[nodes_[node].inode];
  const bool ships = info.kind == EntryKind::regular || info.kind == EntryKind::symlink;
  if (--info.links == 0 && ships) deleted.push_back({path_of(node), info, step.layer, how});
  nodes_[nodes_[node].parent].children.erase(nodes_[node].name);
  --paths_;
}

// Whiteouts hide what lower layers made, never what their own layer has.
void FileTree::remove_lower(NodeId node, DeletedFile::How how, const Step& step) {
  if (is_folder(node)) {
    remove_lower_children(node, how, step);
    if (nodes_[node].layer != step.layer && nodes_[node].children.empty()) remove(node, how, step);
    return;
  }
  if (nodes_[node].layer != step.layer) {
    remove(node, how, step);
  } else if (how == DeletedFile::How::whiteout) {
    note(step, "entry.whiteout-same-layer", "a layer both has and hides this; runtimes disagree", true);
  }
}

void FileTree::remove_lower_children(NodeId node, DeletedFile::How how, const Step& step) {
  std::vector<NodeId> children;
  for (const auto& [name, id] : nodes_[node].children) children.push_back(id);
  for (const NodeId id : children) remove_lower(id, how, step);
}

}  // namespace sluice::image

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <set>

#include "base/digest.h"
#include "base/file.h"
#include "git/by_program.h"
#include "git/program.h"
#include "git/program_objects.h"
#include "git/source.h"

namespace sluice::git::by_program {
namespace {

constexpr std::string_view k_link = "120000";
constexpr std::string_view k_submodule = "160000";

std::string blob_id(BytesView content) {
  Sha256 hash;
  hash.update("blob " + std::to_string(content.size()) + std::string(1, '\0'));
  hash.update(content);
  return hash.finish().hex();
}

// The index: what it holds, and what a sparse checkout leaves out.
struct Index {
  RawFiles files;
  std::set<std::string> sparse;
  bool conflicts = false;
};

// ls-files -t --stage -z: "<tag> <mode> <id> <stage>\t<path>"
Result<Index> read_index(const Program& git) {
  Index out;
  const Bytes listed = SLUICE_TRY(git.run({"ls-files", "-t", "--stage", "-z"}));
  for (const std::string_view line : split(listed, '\0')) {
    const std::size_t tab = line.find('\t');
    const std::vector<std::string_view> parts = split(line.substr(0, tab), ' ');
    if (tab == std::string_view::npos || parts.size() != 4)
      return fail(ErrorKind::tool, "git.program", "git ls-files: an answer that cannot be read");
    const std::string path(line.substr(tab + 1));
    if (parts[3] != "0") {
      out.conflicts = true;
      continue;
    }
    if (parts[0] == "S") out.sparse.insert(path);
    out.files[path] = {std::string(parts[1]), std::string(parts[2])};
  }
  return out;
}

// ls-tree -r -z: "<mode> <type> <id>\t<path>"
Result<RawFiles> read_tree(const Program& git, const std::string& commit) {
  RawFiles out;
  if (commit.empty()) return out;
  const Bytes listed = SLUICE_TRY(git.run({"ls-tree", "-r", "-z", "--full-tree", commit}));
  for (const std::string_view line : split(listed, '\0')) {
    const std::size_t tab = line.find('\t');
    const std::vector<std::string_view> parts = split(line.substr(0, tab), ' ');
    if (tab == std::string_view::npos || parts.size() != 3)
      return fail(ErrorKind::tool, "git.program", "git ls-tree: an answer that cannot be read");
    out[std::string(line.substr(tab + 1))] = {std::string(parts[0]), std::string(parts[2])};
  }
  return out;
}

// The work tree, hashed by ourselves: git would run the filters that the repository names.
class WorkTree {
 public:
  static Result<WorkTree> open(const std::string& top) { return WorkTree(SLUICE_TRY(Directory::open(top))); }

  // Nothing if there is no file or link at the path, or one of its folders is a link.
  Result<std::optional<RawFile>> look_at(const std::string& path) {
    struct stat info{};
    if (!real_folders(path) || ::fstatat(root_.fd(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
      return std::optional<RawFile>();
    if (S_ISLNK(info.st_mode)) {
      std::array<char, PATH_MAX> target{};
      const ssize_t size = ::readlinkat(root_.fd(), path.c_str(), target.data(), target.size());
      if (size < 0) return fail_errno("git.read", "cannot read the link " + path, errno);
      return std::optional<RawFile>(
          {std::string(k_link), blob_id({target.data(), static_cast<std::size_t>(size)})});
    }
    if (!S_ISREG(info.st_mode)) return std::optional<RawFile>();
    const Bytes content = SLUICE_TRY(root_.read(path));
    const bool executable = (info.st_mode & S_IXUSR) != 0;
    return std::optional<RawFile>({executable ? "100755" : "100644", blob_id(content)});
  }

 private:
  explicit WorkTree(Directory root) : root_(std::move(root)) {}

  bool real_folders(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      if (real_.contains(folder)) continue;
      struct stat info{};
      if (::fstatat(root_.fd(), folder.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(info.st_mode))
        return false;
      real_.insert(folder);
    }
    return true;
  }

  Directory root_;
  std::set<std::string> real_;
};

Status read_commit(const Program& git, SourceRecord& record) {
  const auto branch = SLUICE_TRY(git.find({"symbolic-ref", "-q", "HEAD"}));
  if (branch) record.branch = std::string(split(*branch, '\n').front());
  const auto head =
      SLUICE_TRY(git.find({"rev-parse", "-q", "--verify", "--end-of-options", "HEAD^{commit}"}));
  if (!head) {
    record.branch.clear();  // no commit yet
    return {};
  }
  const std::vector<ProgramObject> objects =
      SLUICE_TRY(git.objects({std::string(split(*head, '\n').front())}));
  const RawCommit commit = SLUICE_TRY(parse_raw_commit(objects.front().data));
  record.commit = objects.front().id;
  record.tree = commit.tree;
  record.parents = commit.parents;
  record.commit_time = commit.time;
  if (!commit.signature.empty()) record.signature_kind = signature_kind(commit.signature);
  return {};
}

// show-ref -d: "<id> <name>", and "<id> <name>^{}" for what a tag comes to in the end.
Status read_references(const Program& git, SourceRecord& record) {
  const auto refs = SLUICE_TRY(git.find({"show-ref", "-d"}));
  if (!refs) return {};
  std::set<std::string> tags;
  for (std::string_view line : split(*refs, '\n')) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    std::string_view name = line.substr(space + 1);
    if (name.starts_with("refs/replace/")) record.replace_refs = true;
    if (name.ends_with("^{}")) name.remove_suffix(3);
    if (name.starts_with("refs/tags/") && !record.commit.empty() && line.substr(0, space) == record.commit)
      tags.insert(std::string(name));
  }
  record.tags.assign(tags.begin(), tags.end());
  return {};
}

// -z: "<key>\n<value>\0"
std::map<std::string, std::string> parse_config(BytesView text, std::string_view prefix,
                                                std::string_view suffix) {
  std::map<std::string, std::string> out;
  for (const std::string_view entry : split(text, '\0')) {
    const std::size_t end = entry.find('\n');
    std::string_view key = entry.substr(0, end);
    if (end == std::string_view::npos || !key.starts_with(prefix) || !key.ends_with(suffix) ||
        key.size() <= prefix.size() + suffix.size())
      continue;
    key.remove_prefix(prefix.size());
    key.remove_suffix(suffix.size());
    out.emplace(std::string(key), std::string(entry.substr(end + 1)));  // the first one, as a remote's URL is
  }
  return out;
}

Status read_remote(const Program& git, SourceRecord& record) {
  const auto text = SLUICE_TRY(git.find({"config", "--local", "-z", "--get-regexp", R"(^remote\..*\.url$)"}));
  if (!text) return {};
  const auto urls = parse_config(*text, "remote.", ".url");
  const auto origin = urls.find("origin");
  if (origin != urls.end()) {
    record.remote = scrub_remote(origin->second);
  } else if (urls.size() == 1) {
    record.remote = scrub_remote(urls.begin()->second);
  }
  return {};
}

void read_submodule(const std::string& folder, const std::string& recorded, int depth, Submodule& out) {
  out.commit = recorded;
  if (!path_exists(folder + "/.git")) return;  // not checked out: as the index says
  const auto inner = depth < k_max_submodule_depth ? by_program::read_source(folder, depth + 1)
                                                   : Result<SourceRecord>(fail(ErrorKind::limit, "", ""));
  // One that cannot be read may hold anything.
  out.dirty = !inner || inner->dirty || inner->commit != recorded;
  if (inner && !inner->commit.empty()) out.commit = inner->commit;
}

Status read_submodules(const Program& git, const Index& index, int depth, SourceRecord& record) {
  std::map<std::string, std::string> paths;
  std::map<std::string, std::string> urls;
  if (index.files.contains(".gitmodules")) {
    const auto text = SLUICE_TRY(git.find({"config", "--no-includes", "--blob", ":.gitmodules", "-z",
                                           "--get-regexp", R"(^submodule\..*\.(path|url)$)"}));
    if (text) {
      for (auto& [name, path] : parse_config(*text, "submodule.", ".path")) paths[path] = name;
      urls = parse_config(*text, "submodule.", ".url");
    }
  }
  for (const auto& [path, file] : index.files) {
    if (file.mode != k_submodule) continue;
    Submodule entry;
    entry.path = path;
    const auto name = paths.find(path);
    if (name != paths.end() && urls.contains(name->second)) entry.url = scrub_remote(urls[name->second]);
    read_submodule(git.top() + path, file.id, depth, entry);
    record.dirty = record.dirty || entry.dirty;
    record.submodules.push_back(std::move(entry));
  }
  return {};
}

// Adds what differs between two sets of files.
void add_differences(const RawFiles& a, const RawFiles& b, std::set<std::string>& out) {
  for (const auto& [path, file] : a) {
    const auto other = b.find(path);
    if (other == b.end() || !(other->second == file)) out.insert(path);
  }
  for (const auto& [path, file] : b) {
    if (!a.contains(path)) out.insert(path);
  }
}

Status read_worktree(const Program& git, const Index& index, SourceRecord& record) {
  if (!index.conflicts) record.index_tree = SLUICE_TRY(raw_tree_id(index.files));
  std::set<std::string> dirty;
  add_differences(index.files, SLUICE_TRY(read_tree(git, record.commit)), dirty);
  WorkTree work = SLUICE_TRY(WorkTree::open(git.top()));
  RawFiles files;
  for (const auto& [path, known] : index.files) {
    if (known.mode == k_submodule) {
      files[path] = known;
      continue;
    }
    auto seen = SLUICE_TRY(work.look_at(path));
    if (!seen && index.sparse.contains(path)) seen = known;
    if (seen) files[path] = *seen;
    if (!seen || !(*seen == known)) dirty.insert(path);
  }
  const Bytes untracked = SLUICE_TRY(git.run({"ls-files", "--others", "--exclude-standard", "-z"}));
  for (const std::string_view path : split(untracked, '\0')) {
    if (path.ends_with('/')) continue;  // a repository of its own is no content of this one
    const auto seen = SLUICE_TRY(work.look_at(std::string(path)));
    if (!seen) continue;
    files[std::string(path)] = *seen;
    dirty.insert(std::string(path));
  }
  if (index.conflicts) dirty.insert(".");
  record.worktree_tree = SLUICE_TRY(raw_tree_id(files));
  record.dirty = record.dirty || !dirty.empty();
  for (const std::string& path : dirty) {
    if (record.dirty_paths.size() < k_max_dirty_paths) record.dirty_paths.push_back(path);
  }
  record.dirty_paths_truncated = dirty.size() > k_max_dirty_paths;
  if (!dirty.empty() && files.contains(".gitattributes"))
    record.unknowns.emplace_back(
        "whether changed files differ by line ends or filters only: attributes are not applied in SHA-256 "
        "repositories");
  return {};
}

}  // namespace

Result<SourceRecord> read_source(const std::string& path, int depth) {
  const Program git = SLUICE_TRY(Program::open(path));
  SourceRecord record;
  record.root = git.top();
  record.shallow = path_exists(git.common() + "shallow");
  record.alternates = path_exists(git.common() + "objects/info/alternates");
  record.replace_refs = path_exists(git.common() + "info/grafts");
  SLUICE_CHECK(read_commit(git, record));
  SLUICE_CHECK(read_references(git, record));
  SLUICE_CHECK(read_remote(git, record));
  if (!record.commit.empty()) {
    const auto text = git.run({"describe", "--tags", record.commit});
    if (text) record.describe = std::string(text->substr(0, text->find('\n')));  // else no tag reaches it
  }
  const Index index = SLUICE_TRY(read_index(git));
  SLUICE_CHECK(read_submodules(git, index, depth, record));
  SLUICE_CHECK(read_worktree(git, index, record));
  return record;
}

}  // namespace sluice::git::by_program

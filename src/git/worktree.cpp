#include "git/worktree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <set>

#include "git/source.h"
#include "git/tree_hash.h"

namespace sluice::git {
namespace {

constexpr unsigned k_index_changes = GIT_STATUS_INDEX_NEW | GIT_STATUS_INDEX_MODIFIED |
                                     GIT_STATUS_INDEX_DELETED | GIT_STATUS_INDEX_RENAMED |
                                     GIT_STATUS_INDEX_TYPECHANGE;
constexpr unsigned k_worktree_changes = GIT_STATUS_WT_NEW | GIT_STATUS_WT_MODIFIED | GIT_STATUS_WT_DELETED |
                                        GIT_STATUS_WT_RENAMED | GIT_STATUS_WT_TYPECHANGE |
                                        GIT_STATUS_WT_UNREADABLE;

// The index, in the middle of a merge or not.
struct IndexFiles {
  TreeFiles files;
  std::map<std::string, bool>
      hidden;  // marked as not to be looked at; true = skip-worktree (sparse checkout)
  bool conflicts = false;
};

IndexFiles files_of(git_index* index) {
  IndexFiles out;
  out.conflicts = git_index_has_conflicts(index) == 1;
  for (std::size_t i = 0; i < git_index_entrycount(index); ++i) {
    const git_index_entry& entry = *git_index_get_byindex(index, i);
    if (git_index_entry_stage(&entry) != 0) continue;
    const bool skip = (entry.flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
    if (skip || (entry.flags & GIT_INDEX_ENTRY_VALID) != 0) out.hidden.emplace(entry.path, skip);
    // `git add -N` notes a name without content; it is in no tree that git writes.
    if ((entry.flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD) != 0) continue;
    out.files[entry.path] = {entry.mode, entry.id};
  }
  return out;
}

// What lies in the work tree at `path`: content through git's own line-end rules, or a link's target. Nothing
// if it is gone or no file.
Result<std::optional<TreeFile>> look_at(git_repository* repository, const std::string& path) {
  const std::string full = git_repository_workdir(repository) + path;
  struct stat info{};
  if (::lstat(full.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<TreeFile>();
    return fail_errno("git.read", "cannot look at " + path, errno);
  }
  TreeFile file;
  if (S_ISLNK(info.st_mode)) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(full.c_str(), target.data(), target.size());
    if (size < 0) return fail_errno("git.read", "cannot read the link " + path, errno);
    file.mode = GIT_FILEMODE_LINK;
    if (git_odb_hash(&file.id, target.data(), static_cast<std::size_t>(size), GIT_OBJECT_BLOB) != 0) {
      return fail_git("hashing " + path);
    }
    return std::optional(file);
  }
  if (!S_ISREG(info.st_mode)) return std::optional<TreeFile>();
  file.mode = (info.st_mode & S_IXUSR) != 0 ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
  if (git_repository_hashfile(&file.id, repository, path.c_str(), GIT_OBJECT_BLOB, nullptr) != 0) {
    return fail_git("hashing " + path);
  }
  return std::optional(file);
}

Result<StatusList> changes_of(git_repository* repository) {
  git_status_options options;
  if (git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION) != 0)
    return fail_git("reading the status");
  options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
  options.flags = 0U | GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
                  GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH | GIT_STATUS_OPT_INCLUDE_UNREADABLE;
  git_status_list* raw = nullptr;
  if (git_status_list_new(&raw, repository, &options) != 0) return fail_git("reading the status");
  return StatusList(raw);
}

// Brings one changed path into what the work tree holds.
Status apply(git_repository* repository, const git_status_entry& change, TreeFiles& files) {
  const git_diff_delta* delta = change.index_to_workdir;
  if (delta == nullptr) return {};
  const std::string path = delta->new_file.path;
  const bool submodule =
      delta->old_file.mode == GIT_FILEMODE_COMMIT || delta->new_file.mode == GIT_FILEMODE_COMMIT;
  if (submodule || path.ends_with('/')) return {};  // told in `submodules`; a nested repository is no content
  const auto file = SLUICE_TRY(look_at(repository, path));
  if (file) {
    files[path] = *file;
  } else {
    files.erase(path);
  }
  return {};
}

// Files that the status passes over because the index says so.
Status look_at_hidden(git_repository* repository, const IndexFiles& index, TreeFiles& files,
                      std::set<std::string>& dirty) {
  for (const auto& [path, sparse] : index.hidden) {
    const auto known = index.files.find(path);
    if (known == index.files.end() || known->second.mode == GIT_FILEMODE_COMMIT) continue;
    const auto file = SLUICE_TRY(look_at(repository, path));
    if (file && file->mode == known->second.mode && git_oid_equal(&file->id, &known->second.id) == 1)
      continue;
    if (!file && sparse) continue;
    dirty.insert(path);
    if (file) {
      files[path] = *file;
    } else {
      files.erase(path);
    }
  }
  return {};
}

}  // namespace

Status read_worktree(git_repository* repository, SourceRecord& record) {
  git_index* raw = nullptr;
  if (git_repository_index(&raw, repository) != 0) return fail_git("reading the index");
  const Index handle(raw);
  const IndexFiles index = files_of(handle.get());
  // Half a merge is no tree.
  if (!index.conflicts) record.index_tree = SLUICE_TRY(tree_id(index.files));

  TreeFiles files = index.files;
  std::set<std::string> dirty;
  const StatusList changes = SLUICE_TRY(changes_of(repository));
  for (std::size_t i = 0; i < git_status_list_entrycount(changes.get()); ++i) {
    const git_status_entry& change = *git_status_byindex(changes.get(), i);
    const auto status = static_cast<unsigned>(change.status);
    if ((status & (k_index_changes | k_worktree_changes | GIT_STATUS_CONFLICTED)) == 0) continue;
    const git_diff_delta* delta =
        change.index_to_workdir != nullptr ? change.index_to_workdir : change.head_to_index;
    const auto hidden = index.hidden.find(delta != nullptr ? delta->new_file.path : "");
    if (hidden != index.hidden.end() && (status & k_index_changes) == 0) continue;  // below
    dirty.insert(delta != nullptr ? delta->new_file.path : "");
    if ((status & (k_worktree_changes | GIT_STATUS_CONFLICTED)) != 0)
      SLUICE_CHECK(apply(repository, change, files));
  }
  SLUICE_CHECK(look_at_hidden(repository, index, files, dirty));
  record.worktree_tree = SLUICE_TRY(tree_id(files));
  record.dirty = record.dirty || !dirty.empty();
  for (const std::string& path : dirty) {
    if (record.dirty_paths.size() < k_max_dirty_paths) record.dirty_paths.push_back(path);
  }
  record.dirty_paths_truncated = dirty.size() > k_max_dirty_paths;
  return {};
}

}  // namespace sluice::git

#include "git/worktree.h"

#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "git/source.h"

namespace sluice::git {
namespace {

constexpr unsigned k_index_changes = GIT_STATUS_INDEX_NEW | GIT_STATUS_INDEX_MODIFIED |
                                     GIT_STATUS_INDEX_DELETED | GIT_STATUS_INDEX_RENAMED |
                                     GIT_STATUS_INDEX_TYPECHANGE;
constexpr unsigned k_worktree_changes = GIT_STATUS_WT_NEW | GIT_STATUS_WT_MODIFIED | GIT_STATUS_WT_DELETED |
                                        GIT_STATUS_WT_RENAMED | GIT_STATUS_WT_TYPECHANGE;

// Objects are written to memory from here on, never to the repository. The backend belongs to the object
// database.
Status write_to_memory(git_repository* repository) {
  git_odb* raw = nullptr;
  if (git_repository_odb(&raw, repository) != 0) return fail_git("opening the object database");
  const Odb odb(raw);
  git_odb_backend* memory = nullptr;
  if (git_mempack_new(&memory) != 0 || git_odb_add_backend(odb.get(), memory, 999) != 0) {
    return fail_git("preparing a store in memory");
  }
  return {};
}

Result<std::string> tree_of(git_index* index, git_repository* repository) {
  git_oid id;
  if (git_index_write_tree_to(&id, index, repository) != 0) {
    // An index in the middle of a merge is no tree.
    return std::string();
  }
  return hex(id);
}

// The blob id of what lies in the work tree at `path`: content through git's own line-end rules, or a link's
// target.
Result<git_oid> hash_entry(git_repository* repository, const std::string& path, std::uint32_t& mode) {
  const std::string full = git_repository_workdir(repository) + path;
  struct stat info{};
  if (::lstat(full.c_str(), &info) != 0) return fail_errno("git.read", "cannot look at " + path, errno);
  git_oid id;
  if (S_ISLNK(info.st_mode)) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(full.c_str(), target.data(), target.size());
    if (size < 0) return fail_errno("git.read", "cannot read the link " + path, errno);
    mode = static_cast<std::uint32_t>(GIT_FILEMODE_LINK);
    if (git_odb_hash(&id, target.data(), static_cast<std::size_t>(size), GIT_OBJECT_BLOB) != 0) {
      return fail_git("hashing " + path);
    }
    return id;
  }
  mode = static_cast<std::uint32_t>((info.st_mode & S_IXUSR) != 0 ? GIT_FILEMODE_BLOB_EXECUTABLE
                                                                  : GIT_FILEMODE_BLOB);
  if (git_repository_hashfile(&id, repository, path.c_str(), GIT_OBJECT_BLOB, nullptr) != 0) {
    return fail_git("hashing " + path);
  }
  return id;
}

// Brings one changed path of the work tree into the index object (in memory only).
Status apply(git_repository* repository, git_index* index, const git_status_entry& change) {
  const git_diff_delta* delta = change.index_to_workdir;
  if (delta == nullptr) return {};
  const std::string path = delta->new_file.path;
  const bool submodule =
      delta->old_file.mode == GIT_FILEMODE_COMMIT || delta->new_file.mode == GIT_FILEMODE_COMMIT;
  if (submodule || path.ends_with('/'))
    return {};  // told apart in `submodules`; a nested repository is no content
  if ((static_cast<unsigned>(change.status) & GIT_STATUS_WT_DELETED) != 0) {
    if (git_index_remove(index, path.c_str(), 0) != 0) return fail_git("leaving out " + path);
    return {};
  }
  git_index_entry entry{};
  std::uint32_t mode = 0;
  entry.id = SLUICE_TRY(hash_entry(repository, path, mode));
  entry.mode = mode;
  entry.path = path.c_str();
  if (git_index_add(index, &entry) != 0) return fail_git("adding " + path);
  return {};
}

Result<StatusList> changes_of(git_repository* repository) {
  git_status_options options;
  if (git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION) != 0)
    return fail_git("reading the status");
  options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
  options.flags = 0U | GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
                  GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH;
  git_status_list* raw = nullptr;
  if (git_status_list_new(&raw, repository, &options) != 0) return fail_git("reading the status");
  return StatusList(raw);
}

void note(SourceRecord& record, const git_status_entry& change) {
  const git_diff_delta* delta =
      change.index_to_workdir != nullptr ? change.index_to_workdir : change.head_to_index;
  record.dirty = true;
  if (delta == nullptr) return;
  if (record.dirty_paths.size() < k_max_dirty_paths) {
    record.dirty_paths.emplace_back(delta->new_file.path);
  } else {
    record.dirty_paths_truncated = true;
  }
}

}  // namespace

Status read_worktree(git_repository* repository, SourceRecord& record) {
  SLUICE_CHECK(write_to_memory(repository));
  // Ids of hashed contents name objects that exist nowhere; git would refuse to put them into a tree.
  git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
  git_index* raw = nullptr;
  if (git_repository_index(&raw, repository) != 0) return fail_git("reading the index");
  const Index index(raw);
  record.index_tree = SLUICE_TRY(tree_of(index.get(), repository));

  const StatusList changes = SLUICE_TRY(changes_of(repository));
  for (std::size_t i = 0; i < git_status_list_entrycount(changes.get()); ++i) {
    const git_status_entry& change = *git_status_byindex(changes.get(), i);
    const auto status = static_cast<unsigned>(change.status);
    if ((status & (k_index_changes | k_worktree_changes | GIT_STATUS_CONFLICTED)) == 0) continue;
    note(record, change);
    if ((status & k_worktree_changes) != 0) SLUICE_CHECK(apply(repository, index.get(), change));
  }
  record.worktree_tree = SLUICE_TRY(tree_of(index.get(), repository));
  return {};
}

}  // namespace sluice::git

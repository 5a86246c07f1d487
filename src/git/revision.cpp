#include "git/revision.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

#include "git/by_program.h"
#include "git/open.h"
#include "git/work_tree_path.h"

namespace sluice::git {
namespace {

using Tree = std::unique_ptr<git_tree, Freed<git_tree_free>>;
using TreeEntry = std::unique_ptr<git_tree_entry, Freed<git_tree_entry_free>>;
using Blob = std::unique_ptr<git_blob, Freed<git_blob_free>>;

struct Free {
  void operator()(char* text) const { std::free(text); }
};

std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  if (!real) return std::nullopt;
  return std::string(real.get());
}

Result<Tree> tree_of(git_repository* repository, const std::string& revision) {
  git_object* raw = nullptr;
  if (git_revparse_single(&raw, repository, (revision + "^{tree}").c_str()) != 0) {
    return fail(ErrorKind::usage, "git.revision", "no commit is named \"" + revision + "\"",
                "in a shallow clone older commits are missing; `git fetch --unshallow` gets them");
  }
  return Tree(reinterpret_cast<git_tree*>(raw));
}

// The file's bytes; nothing if the tree has no such file.
Result<std::optional<Bytes>> file_in(git_repository* repository, git_tree* tree, const std::string& path,
                                     std::uint64_t max_bytes) {
  git_tree_entry* raw_entry = nullptr;
  const int code = git_tree_entry_bypath(&raw_entry, tree, path.c_str());
  if (code == GIT_ENOTFOUND) return std::optional<Bytes>();
  if (code != 0) return fail_git("looking up " + path);
  const TreeEntry entry(raw_entry);
  const git_filemode_t mode = git_tree_entry_filemode(entry.get());
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) return std::optional<Bytes>();
  git_blob* raw_blob = nullptr;
  if (git_blob_lookup(&raw_blob, repository, git_tree_entry_id(entry.get())) != 0)
    return fail_git("reading " + path);
  const Blob blob(raw_blob);
  const auto size = static_cast<std::uint64_t>(git_blob_rawsize(blob.get()));
  if (size > max_bytes) return std::optional<Bytes>();
  return std::optional<Bytes>(
      Bytes(static_cast<const char*>(git_blob_rawcontent(blob.get())), static_cast<std::size_t>(size)));
}

}  // namespace

Result<std::vector<std::string>> tracked_files(const std::string& folder) {
  const Library library;
  auto opened = open_repository(folder);
  if (needs_program(opened)) return by_program::tracked_files(folder);
  const Repository repository = SLUICE_TRY(std::move(opened));
  const std::string top = SLUICE_TRY(work_tree_of(repository.get(), folder));
  const std::optional<std::string> real = real_path(folder);
  if (!real) return fail_errno("git.read", "cannot resolve " + folder, errno);
  const std::string prefix = (*real + "/").substr(top.size());
  git_index* raw = nullptr;
  if (git_repository_index(&raw, repository.get()) != 0) return fail_git("reading the index");
  const Index index(raw);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < git_index_entrycount(index.get()); ++i) {
    const git_index_entry& entry = *git_index_get_byindex(index.get(), i);
    const std::string_view path = entry.path;
    if (entry.mode == GIT_FILEMODE_COMMIT || !path.starts_with(prefix)) continue;
    out.emplace_back(path.substr(prefix.size()));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());  // a conflict has up to three entries
  return out;
}

Result<bool> is_revision(const std::string& folder, const std::string& revision) {
  const Library library;
  auto opened = open_repository(folder);
  if (needs_program(opened)) return by_program::is_revision(folder, revision);
  const Repository repository = SLUICE_TRY(std::move(opened));
  return tree_of(repository.get(), revision).has_value();
}

Result<std::map<std::string, Bytes>> files_at(const std::string& folder, const std::string& revision,
                                              const std::vector<std::string>& paths,
                                              std::uint64_t max_bytes) {
  const Library library;
  auto opened = open_repository(folder);
  if (needs_program(opened)) return by_program::files_at(folder, revision, paths, max_bytes);
  const Repository repository = SLUICE_TRY(std::move(opened));
  const std::string top = SLUICE_TRY(work_tree_of(repository.get(), folder));
  const Tree tree = SLUICE_TRY(tree_of(repository.get(), revision));
  std::map<std::string, Bytes> out;
  for (const std::string& path : paths) {
    const std::optional<std::string> real = real_path(path);
    if (!real) continue;  // gone meanwhile
    if (!real->starts_with(top)) {
      return fail(ErrorKind::usage, "git.outside", path + " lies outside of the repository at " + top);
    }
    auto bytes = SLUICE_TRY(file_in(repository.get(), tree.get(), real->substr(top.size()), max_bytes));
    if (bytes) out[path] = *std::move(bytes);
  }
  return out;
}

}  // namespace sluice::git

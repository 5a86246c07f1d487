#include "git/history.h"

#include "git/by_program.h"
#include "git/handles.h"
#include "git/open.h"

namespace sluice::git {
namespace {

using Tree = std::unique_ptr<git_tree, Freed<git_tree_free>>;
using Diff = std::unique_ptr<git_diff, Freed<git_diff_free>>;
using Stats = std::unique_ptr<git_diff_stats, Freed<git_diff_stats_free>>;

[[nodiscard]] Result<Commit> commit_of(git_repository* repository, const std::string& revision) {
  git_object* raw = nullptr;
  if (git_revparse_single(&raw, repository, revision.c_str()) == 0) {
    const Object object(raw);
    git_object* peeled = nullptr;
    if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) == 0)
      return Commit(reinterpret_cast<git_commit*>(peeled));
  }
  return fail(ErrorKind::not_found, "git.revision", "\"" + revision + "\" names no commit of the repository",
              "a shallow checkout does not have old commits: fetch them");
}

[[nodiscard]] std::string text_of(const char* text) {
  return text != nullptr ? text : "";
}

[[nodiscard]] RangeCommit describe(git_repository* repository, git_commit* commit) {
  RangeCommit out;
  out.id = hex(*git_commit_id(commit));
  out.author = text_of(git_commit_author(commit)->email);
  out.committer = text_of(git_commit_committer(commit)->email);
  out.subject = text_of(git_commit_summary(commit));
  out.time = git_commit_time(commit);
  out.parents = git_commit_parentcount(commit);
  git_buf signature = GIT_BUF_INIT;
  git_buf payload = GIT_BUF_INIT;
  git_oid id = *git_commit_id(commit);
  out.is_signed = git_commit_extract_signature(&signature, &payload, repository, &id, nullptr) == 0;
  git_buf_dispose(&signature);
  git_buf_dispose(&payload);
  return out;
}

[[nodiscard]] Status count_changes(git_repository* repository, git_commit* base, git_commit* head,
                                   Range& range) {
  git_tree* raw_old = nullptr;
  git_tree* raw_new = nullptr;
  if (git_commit_tree(&raw_old, base) != 0) return fail_git("reading a tree");
  const Tree old_tree(raw_old);
  if (git_commit_tree(&raw_new, head) != 0) return fail_git("reading a tree");
  const Tree new_tree(raw_new);
  git_diff* raw_diff = nullptr;
  if (git_diff_tree_to_tree(&raw_diff, repository, old_tree.get(), new_tree.get(), nullptr) != 0)
    return fail_git("comparing trees");
  const Diff diff(raw_diff);
  git_diff_stats* raw_stats = nullptr;
  if (git_diff_get_stats(&raw_stats, diff.get()) != 0) return fail_git("comparing trees");
  const Stats stats(raw_stats);
  range.files_changed = git_diff_stats_files_changed(stats.get());
  range.insertions = git_diff_stats_insertions(stats.get());
  range.deletions = git_diff_stats_deletions(stats.get());
  return {};
}

}  // namespace

Result<Range> first_parent_range(const std::string& path, const std::string& base, const std::string& head) {
  const Library library;
  auto opened = open_repository(path);
  if (needs_program(opened)) return by_program::first_parent_range(path, base, head);
  const Repository repository = SLUICE_TRY(std::move(opened));
  const Commit from = SLUICE_TRY(commit_of(repository.get(), base));
  const Commit to = SLUICE_TRY(commit_of(repository.get(), head));
  Range out;
  out.base = hex(*git_commit_id(from.get()));
  git_commit* raw = nullptr;
  if (git_commit_dup(&raw, to.get()) != 0) return fail_git("reading a commit");
  Commit at(raw);
  while (git_oid_equal(git_commit_id(at.get()), git_commit_id(from.get())) == 0) {
    if (out.commits.size() == k_max_range_commits) {
      return fail(ErrorKind::limit, "git.range-limit",
                  "there are more than " + std::to_string(k_max_range_commits) + " commits since " + base);
    }
    out.commits.push_back(describe(repository.get(), at.get()));
    if (git_commit_parentcount(at.get()) == 0 || git_commit_parent(&raw, at.get(), 0) != 0) return out;
    at.reset(raw);
  }
  out.reaches_base = true;
  SLUICE_CHECK(count_changes(repository.get(), from.get(), to.get(), out));
  return out;
}

}  // namespace sluice::git

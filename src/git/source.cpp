#include "git/source.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/file.h"
#include "git/by_program.h"
#include "git/handles.h"
#include "git/object_signature.h"
#include "git/open.h"
#include "git/work_tree_path.h"
#include "git/worktree.h"

namespace sluice::git {
namespace {

Status read_commit(git_repository* repository, SourceRecord& record) {
  git_reference* raw_head = nullptr;
  const int code = git_repository_head(&raw_head, repository);
  if (code == GIT_EUNBORNBRANCH || code == GIT_ENOTFOUND) return {};  // no commit yet
  if (code != 0) return fail_git("reading HEAD");
  const Reference head(raw_head);
  if (git_repository_head_detached(repository) == 0) record.branch = git_reference_name(head.get());
  git_object* raw_commit = nullptr;
  if (git_reference_peel(&raw_commit, head.get(), GIT_OBJECT_COMMIT) != 0)
    return fail_git("reading the commit");
  const Commit commit(reinterpret_cast<git_commit*>(raw_commit));
  record.commit = hex(*git_commit_id(commit.get()));
  record.tree = hex(*git_commit_tree_id(commit.get()));
  record.commit_time = git_commit_time(commit.get());
  for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
    record.parents.push_back(hex(*git_commit_parent_id(commit.get(), i)));
  }
  return {};
}

std::string kind_of_signature(git_repository* repository, const std::string& commit) {
  git_oid id;
  if (git_oid_fromstr(&id, commit.c_str()) != 0) return {};
  git_buf signature = GIT_BUF_INIT;
  git_buf content = GIT_BUF_INIT;
  std::string kind;
  if (git_commit_extract_signature(&signature, &content, repository, &id, nullptr) == 0)
    kind = signature_kind(std::string_view(signature.ptr, signature.size));
  git_buf_dispose(&signature);
  git_buf_dispose(&content);
  return kind;
}

std::string describe(git_repository* repository, const std::string& commit) {
  git_object* raw = nullptr;
  if (git_revparse_single(&raw, repository, commit.c_str()) != 0) return {};
  const Object object(raw);
  git_describe_options options;
  git_describe_options_init(&options, GIT_DESCRIBE_OPTIONS_VERSION);
  options.describe_strategy = GIT_DESCRIBE_TAGS;
  git_describe_result* raw_result = nullptr;
  if (git_describe_commit(&raw_result, object.get(), &options) != 0) return {};  // no tag reaches it
  const DescribeResult result(raw_result);
  git_buf text = GIT_BUF_INIT;
  std::string out;
  if (git_describe_format(&text, result.get(), nullptr) == 0) out.assign(text.ptr, text.size);
  git_buf_dispose(&text);
  return out;
}

Status read_references(git_repository* repository, SourceRecord& record) {
  struct Visit {
    git_repository* repository;
    SourceRecord* record;
  } visit{repository, &record};
  const auto each = [](git_reference* raw, void* payload) -> int {
    const Reference reference(raw);
    auto& [repo, out] = *static_cast<Visit*>(payload);
    const std::string name = git_reference_name(reference.get());
    if (name.starts_with("refs/replace/")) out->replace_refs = true;
    if (!name.starts_with("refs/tags/") || out->commit.empty()) return 0;
    git_object* raw_commit = nullptr;
    if (git_reference_peel(&raw_commit, reference.get(), GIT_OBJECT_COMMIT) != 0)
      return 0;  // a tag of a tree or blob
    const Object commit(raw_commit);
    if (hex(*git_object_id(commit.get())) == out->commit) out->tags.push_back(name);
    return 0;
  };
  if (git_reference_foreach(repository, each, &visit) != 0) return fail_git("listing references");
  std::sort(record.tags.begin(), record.tags.end());
  return {};
}

Status read_remote(git_repository* repository, SourceRecord& record) {
  git_strarray names{};
  if (git_remote_list(&names, repository) != 0) return fail_git("listing remotes");
  std::string chosen;
  for (std::size_t i = 0; i < names.count; ++i) {
    if (std::string_view(names.strings[i]) == "origin" || names.count == 1) chosen = names.strings[i];
  }
  git_strarray_dispose(&names);
  if (chosen.empty()) return {};
  git_remote* raw = nullptr;
  if (git_remote_lookup(&raw, repository, chosen.c_str()) != 0)
    return fail_git("reading the remote " + chosen);
  const Remote remote(raw);
  if (const char* url = git_remote_url(remote.get())) record.remote = scrub_remote(url);
  return {};
}

Status read_submodules(git_repository* repository, SourceRecord& record) {
  struct Visit {
    git_repository* repository;
    SourceRecord* record;
  } visit{repository, &record};
  const auto each = [](git_submodule* submodule, const char* name, void* payload) -> int {
    auto& [repo, out] = *static_cast<Visit*>(payload);
    Submodule entry;
    entry.path = git_submodule_path(submodule);
    if (const char* url = git_submodule_url(submodule)) entry.url = scrub_remote(url);
    const git_oid* id = git_submodule_wd_id(submodule);
    if (id == nullptr) id = git_submodule_index_id(submodule);
    if (id != nullptr) entry.commit = hex(*id);
    unsigned status = 0;
    entry.dirty = git_submodule_status(&status, repo, name, GIT_SUBMODULE_IGNORE_NONE) != 0 ||
                  GIT_SUBMODULE_STATUS_IS_WD_DIRTY(status) ||
                  (status & GIT_SUBMODULE_STATUS_WD_MODIFIED) != 0;
    out->dirty = out->dirty || entry.dirty;
    out->submodules.push_back(std::move(entry));
    return 0;
  };
  if (git_submodule_foreach(repository, each, &visit) != 0) return fail_git("listing submodules");
  std::sort(record.submodules.begin(), record.submodules.end(),
            [](const Submodule& a, const Submodule& b) { return a.path < b.path; });
  return {};
}

}  // namespace

Result<SourceRecord> read_source(const std::string& path) {
  const Library library;
  auto opened = open_repository(path);
  if (needs_program(opened)) return by_program::read_source(path);
  const Repository repository = SLUICE_TRY(std::move(opened));
  SourceRecord record;
  SLUICE_TRY(work_tree_of(repository.get(), path));
  record.root = git_repository_workdir(repository.get());
  const std::string common = git_repository_commondir(repository.get());
  record.shallow = git_repository_is_shallow(repository.get()) == 1;
  record.alternates = path_exists(common + "objects/info/alternates");
  record.replace_refs = path_exists(common + "info/grafts");

  SLUICE_CHECK(read_commit(repository.get(), record));
  SLUICE_CHECK(read_references(repository.get(), record));
  SLUICE_CHECK(read_remote(repository.get(), record));
  SLUICE_CHECK(read_submodules(repository.get(), record));
  if (!record.commit.empty()) {
    record.describe = describe(repository.get(), record.commit);
    record.signature_kind = kind_of_signature(repository.get(), record.commit);
  }
  SLUICE_CHECK(read_worktree(repository.get(), record));
  return record;
}

}  // namespace sluice::git

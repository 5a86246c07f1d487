// RAII over libgit2's handles, and its errors as ours. For src/git only.
#pragma once

#include <git2.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace sluice::git {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using Repository = std::unique_ptr<git_repository, Freed<git_repository_free>>;
using Object = std::unique_ptr<git_object, Freed<git_object_free>>;
using Commit = std::unique_ptr<git_commit, Freed<git_commit_free>>;
using Reference = std::unique_ptr<git_reference, Freed<git_reference_free>>;
using Index = std::unique_ptr<git_index, Freed<git_index_free>>;
using StatusList = std::unique_ptr<git_status_list, Freed<git_status_list_free>>;
using Remote = std::unique_ptr<git_remote, Freed<git_remote_free>>;
using Odb = std::unique_ptr<git_odb, Freed<git_odb_free>>;
using DescribeResult = std::unique_ptr<git_describe_result, Freed<git_describe_result_free>>;

// libgit2 is initialised while one of these lives.
class Library {
 public:
  Library() { git_libgit2_init(); }
  ~Library() { git_libgit2_shutdown(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

[[nodiscard]] inline std::string last_message() {
  const git_error* error = git_error_last();
  return error != nullptr && error->message != nullptr ? error->message : "unknown error";
}

[[nodiscard]] inline tl::unexpected<Error> fail_git(std::string what) {
  return fail(ErrorKind::tool, "git.read", std::move(what) + ": " + last_message(),
              "check the repository with `git fsck` and `git status`");
}

[[nodiscard]] inline std::string hex(const git_oid& id) {
  std::string out(GIT_OID_HEXSZ, '\0');
  git_oid_fmt(out.data(), &id);
  return out;
}

}  // namespace sluice::git

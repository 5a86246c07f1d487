#include "git/work_tree_path.h"

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace sluice::git {

Result<std::string> work_tree_of(git_repository* repository, const std::string& path) {
  const char* workdir = git_repository_workdir(repository);
  if (workdir == nullptr) {
    return fail(ErrorKind::tool, "git.bare", "the repository at " + path + " has no work tree",
                "run in a checkout of the source");
  }
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  const std::unique_ptr<char, Free> root(::realpath(workdir, nullptr));
  if (!real || !root) return fail_errno("git.read", "cannot resolve the path of the repository", errno);
  const std::string top = std::string_view(root.get()) == "/" ? "/" : std::string(root.get()) + "/";
  if ((std::string(real.get()) + "/").starts_with(top)) return top;
  return fail(ErrorKind::invalid, "git.worktree",
              "the repository at " + path + " says that its work tree is elsewhere",
              "core.worktree in its configuration names another folder; remove it");
}

}  // namespace sluice::git

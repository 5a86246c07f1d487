#include "git/open.h"

namespace sluice::git {

Result<Repository> open_repository(const std::string& path) {
  git_repository* raw = nullptr;
  const int code = git_repository_open_ext(&raw, path.c_str(), 0, nullptr);
  if (code == 0) return Repository(raw);
  const std::string message = last_message();
  if (message.find("objectformat") != std::string::npos) {
    return fail(ErrorKind::unsupported, "git.sha256",
                "the repository uses SHA-256 object ids, which libgit2 1.5 does not read");
  }
  // Without any safe.directory in the configuration, 1.5.1 answers "not found" about that key in place of
  // GIT_EOWNER.
  if (code == GIT_EOWNER || (code == GIT_ENOTFOUND && message.find("safe.directory") != std::string::npos)) {
    return fail(ErrorKind::tool, "git.owner", "the repository at " + path + " belongs to another user",
                "git config --global --add safe.directory PATH, if you trust it");
  }
  if (code == GIT_ENOTFOUND) {
    return fail(ErrorKind::not_found, "git.not-found", "there is no git repository at " + path);
  }
  return fail_git("opening the repository at " + path);
}

}  // namespace sluice::git

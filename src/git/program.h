// The git program, for repositories that libgit2 cannot read (SHA-256 object ids). For src/git only.
//
// A repository's configuration is its author's, and names programs in many places (core.fsmonitor, filters,
// hooks, external diffs, ssh commands, credential helpers, remotes of a partial clone). None of them may run.
// Hence: an environment of our own, no configuration of system and user, switches on the command line that
// overrule the repository's, no lazy fetching, no transports, and only commands that read objects, references
// and the index. Nothing ever asks git about the content of the work tree, because the only way to keep git
// from running a filter is to hash the files ourselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::git {

inline constexpr std::size_t k_max_program_output = 256u << 20;

struct ProgramObject {
  std::string id;    // 64 hex
  std::string type;  // "commit", "tag", "tree", "blob"
  Bytes data;
};

class Program {
 public:
  // The repository that `path` lies in. Codes: git.program (there is none, or it fails), git.not-found,
  // git.owner, git.bare, git.worktree, git.sha256 (the object format is neither).
  [[nodiscard]] static Result<Program> open(const std::string& path);

  // Standard output of a git command. Code: git.program (it failed; the message is its own), git.limit.
  [[nodiscard]] Result<Bytes> run(const std::vector<std::string>& arguments, BytesView input = {}) const;
  // The same; nothing if git's exit status is 1, as it is for "there is none".
  [[nodiscard]] Result<std::optional<Bytes>> find(const std::vector<std::string>& arguments) const;

  // The objects of these names, each checked against its id. Code: git.revision (one that is not there),
  // git.read (one that is not what its id says).
  [[nodiscard]] Result<std::vector<ProgramObject>> objects(const std::vector<std::string>& names) const;

  [[nodiscard]] const std::string& top() const { return top_; }        // real path, with "/" at its end
  [[nodiscard]] const std::string& common() const { return common_; }  // git folder shared by work trees

 private:
  explicit Program(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Status find_places();
  [[nodiscard]] Status trust_owner();

  std::string path_;
  std::string top_;
  std::string common_;
  std::vector<std::string> safe_folders_;  // the user's own safe.directory, if it was needed
};

// An absolute path from the absolute folders of PATH; looked for once. Empty if there is none.
[[nodiscard]] const std::string& program_path();

// Splits at each `separator`; what follows the last one only if it is not empty.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace sluice::git

// SourceRecord: what `git` observed about a source tree, for provenance. Plain data; made by src/git.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

struct Submodule {
  std::string path;
  std::string url;  // scrubbed of credentials
  std::string commit;
  bool dirty = false;
};

struct SourceRecord {
  std::string root;               // absolute path of the work tree; never signed
  std::string commit;             // 40 hex; empty if the repository has no commit
  std::string tree;               // 40 hex, git tree of the commit
  std::string branch;             // "refs/heads/main"; empty when detached
  std::vector<std::string> tags;  // "refs/tags/v1" that point at the commit, sorted
  std::string describe;           // may be empty
  std::vector<std::string> parents;
  bool dirty = false;  // work tree or index differ from the commit, or untracked files that are not ignored
  std::vector<std::string> dirty_paths;  // sorted, at most k_max_dirty_paths
  bool dirty_paths_truncated = false;
  std::string worktree_tree;  // git tree of the work tree as it is (tracked and untracked, not ignored)
  std::string index_tree;
  bool shallow = false;
  bool replace_refs = false;  // refs/replace or grafts exist: a commit may not be what its id says
  bool alternates = false;
  std::string remote;  // URL of "origin" (or the only remote), scrubbed of credentials; may be empty
  std::vector<Submodule> submodules;
  std::string signature_kind;       // "", "ssh", "openpgp", "x509": present
  bool signature_verified = false;  // by the configured signers; never set by git itself
  std::string signature_signer;     // who, by the configuration; empty unless verified
  std::int64_t commit_time = 0;     // seconds since the epoch, of the committer
};

}  // namespace sluice

// SourceRecord: what `git` observed about a source tree, for provenance. Plain data; made by src/git.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct Submodule {
  std::string path;
  std::string url;  // scrubbed of credentials
  std::string commit;
  bool dirty = false;
};

// What is known of the signature of a commit or a tag. Only `verified` is good; `unknown` is what could not
// be judged (no signer of that kind is configured, gpg is missing, …), which is neither signed nor unsigned.
enum class SignatureState : std::uint8_t { not_asked, unsigned_object, verified, refused, unknown };
[[nodiscard]] std::string_view to_string(SignatureState state);  // "not-asked", "unsigned", "verified", …

struct SourceSignature {
  SignatureState state = SignatureState::not_asked;
  std::string kind;     // "ssh", "openpgp", "x509", "unknown"; empty: unsigned
  std::string signer;   // of verified: who, as the configured signers name them …
  std::string key;      // … and the fingerprint of their key or certificate
  std::string code;     // of refused and unknown: the error's code …
  std::string problem;  // … and its text
};

// An annotated tag at the commit. A lightweight one is only a name, and in `tags`.
struct SourceTag {
  std::string name;    // "refs/tags/v1"
  std::string object;  // id of the tag object
  SourceSignature signature;
};

struct SourceCommit {
  std::string id;
  std::string subject;  // first line of the message
  std::int64_t time = 0;
  std::size_t parents = 0;       // more than one: a merge, whose other parents are not in the range
  bool other_committer = false;  // author and committer are not the same address
  SourceSignature signature;
};

// What came in on the first-parent line since the commit that was promoted last.
struct SourceRange {
  std::string base;         // the revision, as configured
  std::string base_commit;  // what it is; empty: not known, and `problem` says why
  bool reaches_base = false;
  std::string problem;  // why the range is not known; empty if it is
  std::vector<SourceCommit> commits;
  std::size_t files_changed = 0;
  std::size_t insertions = 0;
  std::size_t deletions = 0;
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
  std::string signature_kind;    // "", "ssh", "openpgp", "x509": present
  std::int64_t commit_time = 0;  // seconds since the epoch, of the committer
  // Judged by the configured signers (cli/source_judgement.h), never by git itself:
  SourceSignature signature;
  std::vector<SourceTag> signed_tags;               // annotated tags among `tags`
  std::optional<SourceRange> range;                 // if a last promoted commit is configured
  std::map<std::string, std::string> signer_files;  // what was believed: key of the configuration → sha256
  std::vector<std::string> unknowns;                // what could not be had, one line each
};

}  // namespace sluice

// What came in since the last promotion: the commits of the first-parent line, so that a release manager sees
// what a promotion brings and a policy can bound it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::git {

inline constexpr std::size_t k_max_range_commits = 10'000;

struct RangeCommit {
  std::string id;           // 40 hex
  std::string author;       // e-mail address, by the author's own word
  std::string committer;    // likewise
  std::string subject;      // first line of the message
  std::int64_t time = 0;    // of the committer
  std::size_t parents = 0;  // more than one: a merge
  bool is_signed = false;   // a signature is there; not verified here
};

struct Range {
  std::string base;                  // what the revision is, hex
  std::vector<RangeCommit> commits;  // newest first; the base is not in it
  // The base was met on the first-parent line. If not, the line was rewritten, the checkout is shallow, or
  // the base is on another branch: then the list says nothing about what is new.
  bool reaches_base = false;
  std::size_t files_changed = 0;  // between base and head; 0 unless reaches_base
  std::size_t insertions = 0;
  std::size_t deletions = 0;
};

// From `head` back to `base` (revisions). Codes: git.revision, git.range-limit (more than
// k_max_range_commits), those of opening.
[[nodiscard]] Result<Range> first_parent_range(const std::string& path, const std::string& base,
                                               const std::string& head = "HEAD");

}  // namespace sluice::git

// Commits and tags as their raw objects say, and the ids of trees; for repositories read through the git
// program. For src/git only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::git {

struct RawCommit {
  std::string tree;
  std::vector<std::string> parents;
  std::string author;     // e-mail address
  std::string committer;  // likewise
  std::int64_t time = 0;  // of the committer
  std::string subject;
  Bytes signature;  // armoured; empty: not signed
  Bytes payload;    // the object without its signatures' headers; only if signed
};
// Code: git.read.
[[nodiscard]] Result<RawCommit> parse_raw_commit(BytesView object);

struct RawTag {
  std::string target;
  std::string name;
  std::int64_t time = 0;
  Bytes signature;
  Bytes payload;
};
// Code: git.read.
[[nodiscard]] Result<RawTag> parse_raw_tag(BytesView object);

struct RawFile {
  std::string mode;  // "100644", "100755", "120000", "160000"
  std::string id;    // 64 hex
  friend bool operator==(const RawFile&, const RawFile&) = default;
};
using RawFiles = std::map<std::string, RawFile>;

// The id of the tree that the files make: SHA-256 of tree objects, none of which is written. Code: git.read
// (an id that is no id).
[[nodiscard]] Result<std::string> raw_tree_id(const RawFiles& files);

}  // namespace sluice::git

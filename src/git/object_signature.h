// Signatures over commits and tags, taken out of git's objects. Whether one holds, and who made it, is for
// attest/commit_signature.h: nothing here is believed yet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::git {

inline constexpr std::size_t k_max_signed_object = 4u << 20;

struct ObjectSignature {
  std::string object;     // 40 hex
  std::string type;       // "commit" or "tag"
  std::string name;       // "refs/tags/v1" of a tag; else empty
  std::string target;     // of a tag: what it names, 40 hex; else empty
  std::string kind;       // "ssh", "openpgp", "x509", "unknown"; empty: not signed
  Bytes signature;        // armoured
  Bytes payload;          // the object without its signature: what was signed
  std::int64_t time = 0;  // committer's or tagger's time, by their own word; seconds since the epoch
};

// The commit or annotated tag that `revision` names ("HEAD", "v1.2", 40 hex). Code: git.revision (names
// nothing of the kind), and those of read_source for opening.
[[nodiscard]] Result<ObjectSignature> read_object_signature(const std::string& path,
                                                            const std::string& revision);

// Several in one opening of the repository, in the same order. The first that fails fails all.
[[nodiscard]] Result<std::vector<ObjectSignature>> read_object_signatures(
    const std::string& path, const std::vector<std::string>& revisions);

// Where the signature of a tag object begins; npos if there is none. git takes the last armour line that
// begins a line: what stands before it is message, and signed.
[[nodiscard]] std::size_t signature_start(std::string_view tag);

// The kind of an armoured signature by its first line.
[[nodiscard]] std::string signature_kind(std::string_view armoured);

}  // namespace sluice::git

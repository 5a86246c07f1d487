// Subject: what is judged. A source tree at a commit, or an image by manifest digest; never a tag.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sluice {

enum class SubjectKind : std::uint8_t { none, tree, image, file };

struct Subject {
  SubjectKind kind = SubjectKind::none;
  std::string name;  // for people: repository path, image name without tag
  std::map<std::string, std::string>
      digest;  // in-toto digest set: "sha256", "gitCommit", "gitTree" → lower-case hex
  friend bool operator==(const Subject&, const Subject&) = default;
};

}  // namespace sluice

// Other tools' names for a rule: "hadolint:DL3008" taken apart.
#pragma once

#include <string>
#include <string_view>

namespace sluice::explain {

struct PeerId {
  std::string peer;  // "hadolint"
  std::string name;  // as people write it: "hadolint", "BuildKit", "CIS Docker Benchmark"
  std::string id;    // "DL3008"
  std::string url;   // of its description; empty where the tool has no page for each rule
};

[[nodiscard]] PeerId peer_id(std::string_view alias);

}  // namespace sluice::explain

// PathFilter: the `paths:` of a rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::rules {

// True if the glob fits the whole path: `*` and `?` stay inside a component, `**` crosses them, `[a-z]` as
// usual.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view path);

struct PathFilter {
  std::vector<std::string> include;  // empty = all
  std::vector<std::string> exclude;

  // A glob may start at any component (unless it begins with "/") and takes everything below a folder it
  // names.
  [[nodiscard]] bool admits(std::string_view path) const;
};

}  // namespace sluice::rules

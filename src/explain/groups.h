// Groups of rules by what they protect from, for the index of the pages.
#pragma once

#include <span>
#include <string_view>

namespace sluice::explain {

struct Group {
  std::string_view title;
  std::string_view about;  // one sentence
  std::string_view rules;  // ids separated by blanks; a trailing '*' stands for any rest
};

// In the order of the index: what a gate stops first, style last.
[[nodiscard]] std::span<const Group> groups();

// The first group that names the rule; the last one ("Other rules") if none does.
[[nodiscard]] const Group& group_of(std::string_view rule);

}  // namespace sluice::explain

// Which rules a name means: our id, with or without its pack ("apt-unpinned"), another tool's id with or
// without the tool ("hadolint:DL3008", "DL3008"), or a weakness ("CWE-798"). Case does not matter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/rule_book.h"

namespace sluice::explain {

// Ids, sorted. One if the name is an id; else all that the name fits.
[[nodiscard]] std::vector<std::string> find_rules(const scan::RuleBook& book, std::string_view name);

// The known name that is nearest to a slip; empty if none is near.
[[nodiscard]] std::string nearest_name(const scan::RuleBook& book, std::string_view name);

}  // namespace sluice::explain

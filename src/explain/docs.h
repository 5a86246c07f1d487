// The generated folder docs/rules: one page a rule and two indexes.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "scan/rule_book.h"

namespace sluice::explain {

// File name → bytes. `book` holds the built-in rules with --profile all.
[[nodiscard]] Result<std::map<std::string, std::string>> make_docs(const scan::RuleBook& book);

struct DocsChange {
  std::size_t written = 0;  // files that were new or differed
  std::size_t removed = 0;  // generated files of rules that are gone
};
// Writes them to the folder, which is made if need be. Removes only files that begin with k_generated_mark.
[[nodiscard]] Result<DocsChange> write_docs(const std::map<std::string, std::string>& files,
                                            const std::string& folder);

}  // namespace sluice::explain

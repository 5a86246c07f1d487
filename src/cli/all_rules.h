// Every rule, for the commands that speak about rules (rules, explain).
#pragma once

#include "cli/arguments.h"
#include "scan/rule_book.h"

namespace sluice::cli {

// The built-in rules, and those of --rules.
[[nodiscard]] inline Result<scan::RuleBook> load_all_rules(const Arguments& arguments) {
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  options.rule_paths = arguments.values("rules");
  return scan::RuleBook::load(options);
}

}  // namespace sluice::cli

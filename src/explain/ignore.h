// How to excuse a finding: every form that the scanner honours for this rule.
#pragma once

#include <string>
#include <vector>

#include "explain/page.h"

namespace sluice::explain {

struct IgnoreForm {
  std::string text;   // one line, as it is written
  std::string reach;  // what it excuses: "the next instruction"
};

// Comments in the file, ours first; other linters' where the rule bears an id of theirs. None for rules about
// such comments and about parser directives, above which no comment can stand.
[[nodiscard]] std::vector<IgnoreForm> ignore_comments(const Page& page);

// The lines of sluice.yaml that switch the rule off, or change its severity.
[[nodiscard]] std::string ignore_config(const Page& page);

}  // namespace sluice::explain

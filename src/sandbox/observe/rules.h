// The table of the runtime rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/observe/findings.h"
#include "sluice/finding.h"

namespace sluice::sandbox {

struct RuntimeRule {
  std::string_view id;
  Severity severity;
  std::string_view title;
  std::string_view why;
  std::string_view help;
  std::string_view cwe;
  std::string_view aliases;  // separated by "|"
};

// `id` must be one of the table's.
[[nodiscard]] const RuntimeRule& runtime_rule(std::string_view id);
[[nodiscard]] std::vector<std::string> aliases_of(const RuntimeRule& rule);

}  // namespace sluice::sandbox

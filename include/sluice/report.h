// Report: everything that one run has to say, for the writers (contract 4.2, sluice.report/v1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/coverage.h"
#include "sluice/finding.h"
#include "sluice/subject.h"
#include "sluice/test_result.h"
#include "sluice/verdict.h"

namespace sluice {

// What a writer needs to know of a rule (SARIF's rule list, the terminal's "how to mend").
struct RuleInfo {
  std::string id;
  std::string title;
  std::string why;
  std::string help;
  Severity severity = Severity::medium;
  std::vector<std::string> aliases;
  std::vector<std::string> cwe;
  std::vector<std::string> references;  // URLs
};

struct Report {
  std::string tool_version;
  Subject subject;
  std::vector<Finding> findings;   // sorted by (path, offset, rule)
  std::vector<Coverage> coverage;  // sorted by (path, analyser)
  std::vector<RuleInfo> rules;     // of the rules that ran, sorted by id
  std::optional<TestReport> tests;
  std::vector<Verdict> verdicts;
  std::map<std::string, std::int64_t> timing_ms;  // by phase; the only field that varies between equal runs
};

}  // namespace sluice

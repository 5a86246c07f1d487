// From what an analyser said to what people read: rule metadata, lines and columns, suppressions,
// fingerprints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scan/analysers.h"
#include "scan/analysis.h"
#include "scan/rule_book.h"
#include "sluice/finding.h"

namespace sluice::scan {

// A finding whose fingerprint still lacks its occurrence number: that needs all findings, in order.
struct Assembled {
  Finding finding;
  std::string matched_text;  // folded and bounded, for the fingerprint
};

// The findings of one file, unordered. `text` is the file. Texts come out as valid UTF-8.
[[nodiscard]] std::vector<Assembled> assemble(const RuleBook& book, AnalyserId analyser,
                                              std::string_view path, std::string_view text,
                                              Analysis analysis);

// Sorts by (path, offset, rule), numbers and fingerprints; new findings of the baseline become `existing`.
[[nodiscard]] std::vector<Finding> finish_findings(const RuleBook& book, std::vector<Assembled> assembled);

}  // namespace sluice::scan

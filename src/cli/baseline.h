// --baseline: the findings that were there before, by fingerprint, so that only new ones count.
//
//   FILE      a report of an earlier run: --format json (sluice.report/v1) or sarif
//   GIT-REV   a commit: the files with findings are scanned as that commit has them, with today's rules
//
// A name that is both is the file. A finding stays the same one while its rule, its path and its text do, so
// that a renamed file has new findings.
#pragma once

#include <set>
#include <string>

#include "base/result.h"
#include "scan/scan.h"

namespace sluice::cli {

using Fingerprints = std::set<std::string, std::less<>>;

// Codes: baseline.format, baseline.none (neither a file nor a commit), git.*, json.*.
[[nodiscard]] Result<Fingerprints> read_baseline(const std::string& name, const scan::Options& options);

}  // namespace sluice::cli

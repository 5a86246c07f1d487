// Fixing: what `sluice scan --fix` does. Scans, mends each file in its worker, scans each result with another
// worker, and only then puts it in place of the file.
//
// A worker may be taken over by the text it parses, so its word is not enough: the second scan must find the
// result analysed and no rule with more findings than before.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "scan/scan.h"

namespace sluice::scan {

// A file may take this many times the deadline of one analysis to be mended.
inline constexpr int k_mend_deadline_factor = 6;

struct ReportedFix {
  std::string rule;
  std::uint32_t line = 1;  // of the finding, in the file as it was
  std::string what;
  FixTier tier = FixTier::suggestion;
  bool fixed = false;
  std::string reason;  // of not fixed
};

// A file with a new finding or a fix, or that was not analysed.
struct FixedFile {
  std::string path;
  std::vector<ReportedFix> fixes;  // in order of the file
  std::uint32_t without_fix = 0;   // findings that no fix is known for
  bool settled = true;             // false: a bound was reached; run it again
  bool changed = false;            // something was fixed (dry run: would be)
  std::string problem;             // why the file was left as it was, though something could be fixed
};

struct FixRun {
  Output output;                 // written: what is left; dry run: what there is
  std::vector<FixedFile> files;  // sorted by path
  std::string diff;              // of all changes, in order of the paths; for dry runs
};

// `write` false: a dry run. A file that could not be written is in coverage as failed, by the analyser "fix".
[[nodiscard]] Result<FixRun> fix(const Options& options, bool write);

// The same for one text, in this process, as run_in_process() scans it: for tests, fixtures and fuzzing.
struct FixedText {
  std::string text;
  FixedFile file;
  Output before;
  Output after;
};
[[nodiscard]] Result<FixedText> fix_in_process(std::string_view path, std::string_view bytes,
                                               const RuleBook& book,
                                               const std::optional<std::string>& companion = std::nullopt);

}  // namespace sluice::scan

// Mending one text: applies what fixes its findings carry, each only if the result proves to be what was
// meant, until nothing is left to apply. Pure: the text is looked at through a function, and no file is
// touched.
//
// A fix is applied if
//   1. its finding is new (not suppressed, not in the baseline), its tier is safe, or its data was supplied;
//   2. the result is as well understood as the text before, and nothing outside the edits changed
//   (structure.h);
//   3. the finding is gone;
//   4. no rule of the same or a higher severity has more findings than before.
// Fixes that do not conflict are tried together; if that fails, by halves, so that one bad fix costs the
// others nothing. Conflicting ones wait for the next round. The order is that of the findings, so the outcome
// is too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/fix/patch.h"
#include "sluice/coverage.h"
#include "sluice/finding.h"

namespace sluice::scan {

// Analyses of one file while it is mended; a file with more to mend than that says so and can be run again.
inline constexpr unsigned k_max_looks = 400;

struct Looked {
  std::vector<Finding> findings;  // sorted, with status
  CoverageStatus status = CoverageStatus::analysed;
  std::string reason;
};

struct Mending {
  std::function<Looked(const std::string& text)> look;
  // Why the result is not what the edits meant; nothing if it is.
  std::function<std::optional<std::string>(std::string_view before, std::string_view after,
                                           const std::vector<Edit>& edits)>
      damage;
  std::function<bool()> out_of_time;
};

// `first` is the look at `text` itself.
[[nodiscard]] Patch mend(std::string_view text, Looked first, const Mending& mending);

// A rule of at least this severity with more findings than before; nothing if there is none.
[[nodiscard]] std::optional<std::string> new_finding(const std::vector<Finding>& before,
                                                     const std::vector<Finding>& after, Severity at_least);

}  // namespace sluice::scan

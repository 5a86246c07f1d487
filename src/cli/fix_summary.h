// What became of each fix, for people: one line a fix, then one line for all.
#pragma once

#include <string>
#include <vector>

#include "scan/fix/fix.h"

namespace sluice::cli {

[[nodiscard]] std::string fix_summary(const std::vector<scan::FixedFile>& files, bool dry_run);

}  // namespace sluice::cli

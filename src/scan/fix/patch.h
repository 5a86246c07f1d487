// Patch: what mending made of one file, and what became of each fix. Goes from the worker to the parent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/finding.h"

namespace sluice::scan {

inline constexpr std::size_t k_max_patched_bytes = 8u << 20;  // of the new text
inline constexpr std::size_t k_max_outcomes = 20'000;

struct FixOutcome {
  std::string rule;
  std::uint32_t offset = 0;  // of the finding, in the text as it was
  std::string what;          // the fix's description
  FixTier tier = FixTier::suggestion;
  bool fixed = false;
  std::string reason;  // of not fixed
  friend bool operator==(const FixOutcome&, const FixOutcome&) = default;
};

struct Patch {
  std::string text;  // the new text; the old one if nothing was fixed
  std::vector<FixOutcome> outcomes;
  std::uint32_t without_fix = 0;  // new findings that no fix is known for
  bool settled = true;            // false: a bound was reached and more could be fixed
};

}  // namespace sluice::scan

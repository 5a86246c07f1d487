// The fixtures as tests of --fix, in two ways:
//
//   - a block with a "fixed" block behind it: mended with the rules under test only, the text is exactly
//   that;
//   - every firing block: mended with all rules, the result parses, each safe fix is applied and its finding
//   is
//     gone, no rule of its severity or above has more findings, and mending it again changes nothing.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "fixture.h"

namespace fixtures {

// Rules whose fixture must show an applied fix, at least.
inline constexpr std::size_t k_min_fixable_rules = 35;

class FixRunner {
 public:
  void run(const Fixture& fixture);
  // Prints the counts and what failed; the exit status.
  [[nodiscard]] int finish();

 private:
  void check_exact(const Fixture& fixture, const Block& block);
  void check_all(const Fixture& fixture, const Block& block);
  // The same text with CRLF, a byte order mark and no newline at its end: fixes keep all three.
  void check_line_ends(const Fixture& fixture, const Block& block);
  // UPDATE_GOLDEN=1: writes the fixed blocks that are missing. That run fails, so that it cannot pass for a
  // test.
  void accept(const Fixture& fixture);
  void complain(const Fixture& fixture, const Block& block, const std::string& what);
  // What the checks say of themselves agrees with what was seen.
  void check_metadata();

  std::set<std::string> fixed_rules_;    // shown by an exact block
  std::set<std::string> applied_rules_;  // applied in any block
  std::size_t blocks_ = 0;
  std::size_t failures_ = 0;
};

}  // namespace fixtures

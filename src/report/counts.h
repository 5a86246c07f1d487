// Counts that several writers show: one place, so that they can never disagree.
#pragma once

#include <array>
#include <cstddef>

#include "sluice/report.h"

namespace sluice::report {

struct Counts {
  std::array<std::size_t, 4> active{};  // new ones by Severity
  std::size_t existing = 0;             // in the baseline
  std::size_t suppressed = 0;
  std::size_t waived = 0;
  std::size_t analysed = 0;
  std::size_t skipped = 0;
  std::size_t failed = 0;
  std::size_t tests_passed = 0;
  std::size_t tests_failed = 0;
  std::size_t tests_unknown = 0;  // skipped or error

  [[nodiscard]] std::size_t findings() const { return active[0] + active[1] + active[2] + active[3]; }
};

[[nodiscard]] Counts count(const Report& report);
[[nodiscard]] bool is_active(const Finding& finding);   // new: neither excused nor in the baseline
[[nodiscard]] bool is_excused(const Finding& finding);  // suppressed or waived

}  // namespace sluice::report

// Analysis: what one analyser says about one file, as spans and texts. Made in a worker, judged by the
// parent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/check.h"
#include "scan/fix/patch.h"
#include "scan/suppression.h"
#include "sluice/coverage.h"

namespace sluice::scan {

struct Analysis {
  CoverageStatus status = CoverageStatus::analysed;
  std::string reason;  // of skipped and failed; for analysed a note ("2 syntax errors") or empty
  checks::Findings findings;
  std::vector<CommentMark> marks;
  std::optional<Patch> patch;  // if it was asked for; the findings are those before it
  std::string adapter;         // what an adapter's own step in the worker made, in a form of its own

  [[nodiscard]] static Analysis failed(std::string reason) {
    Analysis out;
    out.status = CoverageStatus::failed;
    out.reason = std::move(reason);
    return out;
  }
};

// Limits of one analysis. Over them the file is `failed` and says so; what fits is still reported.
inline constexpr std::size_t k_max_findings_per_file = 10'000;
inline constexpr std::size_t k_max_marks_per_file = 2'000;    // each is held against each finding
inline constexpr std::size_t k_max_message_bytes = 8u << 10;  // longer messages end in "…"
inline constexpr std::size_t k_max_rule_bytes = 512;
inline constexpr std::size_t k_max_aliases = 64;
inline constexpr std::size_t k_max_trace_steps = 256;
inline constexpr std::size_t k_max_adapter_bytes = 32u << 20;
inline constexpr std::size_t k_max_edits = 4'096;
inline constexpr std::size_t k_max_edit_bytes = 1u << 20;

// Cuts an analysis down to the limits, turning it into `failed` if findings or marks had to go.
void apply_limits(Analysis& analysis);

}  // namespace sluice::scan

// Coverage: for each input and analyser, whether it was really looked at. Unknown is never clean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

enum class CoverageStatus : std::uint8_t { analysed, skipped, failed };

struct Coverage {
  std::string path;      // as in Finding; a rule that could not be loaded has the rule file's path
  std::string analyser;  // "dockerfile", "python", "image", "discover", "rules", …
  CoverageStatus status = CoverageStatus::analysed;
  std::string reason;  // of skipped and failed; empty for analysed, or a note such as "2 syntax errors"
  friend bool operator==(const Coverage&, const Coverage&) = default;
};

[[nodiscard]] std::string_view to_string(CoverageStatus status);

}  // namespace sluice

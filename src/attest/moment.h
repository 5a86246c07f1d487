// Moments with milliseconds: trusted roots and timestamp tokens state fractions of seconds at the ends of
// intervals.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::attest {

using Moment = std::chrono::sys_time<std::chrono::milliseconds>;

// A closed interval: both ends belong to it.
struct TimeRange {
  Moment start{};
  std::optional<Moment> end;  // none: has not ended
  [[nodiscard]] bool contains(Moment time) const { return start <= time && (!end || time <= *end); }
};

// RFC 3339, fractions beyond milliseconds are cut off. Code: that of parse_time.
[[nodiscard]] Result<Moment> parse_moment(std::string_view text);
[[nodiscard]] std::string format_moment(Moment time);  // with milliseconds only if there are any

}  // namespace sluice::attest

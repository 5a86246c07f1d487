#include "attest/moment.h"

#include "base/effects.h"

namespace sluice::attest {

Result<Moment> parse_moment(std::string_view text) {
  const std::chrono::sys_seconds whole = SLUICE_TRY(parse_time(text));
  int thousandths = 0;
  if (const auto dot = text.find('.'); dot != std::string_view::npos) {
    int weight = 100;
    for (std::size_t at = dot + 1; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      thousandths += (text[at] - '0') * weight;
      weight /= 10;
    }
  }
  return Moment(whole) + std::chrono::milliseconds(thousandths);
}

std::string format_moment(Moment time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  std::string out = format_time(whole);
  const auto thousandths = (time - whole).count();
  if (thousandths == 0) return out;
  std::string digits = std::to_string(thousandths);
  digits.insert(0, 3 - digits.size(), '0');
  out.insert(out.size() - 1, "." + digits);
  return out;
}

}  // namespace sluice::attest

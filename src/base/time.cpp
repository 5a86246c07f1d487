// Times as text: RFC 3339.
#include <array>
#include <cstdio>

#include "base/effects.h"

namespace sluice {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

tl::unexpected<Error> bad_time(std::string_view text) {
  return fail(ErrorKind::invalid, "time.syntax",
              "not an RFC 3339 time: \"" + std::string(excerpt(text, 64)) + "\"",
              "for example 2026-11-23T20:00:00Z");
}

// Reads the text from its start; every step that does not fit makes the whole bad.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t width, int least, int most) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const char c = take();
      if (c < '0' || c > '9') ok_ = false;
      value = value * 10 + (c - '0');
    }
    if (value < least || value > most) ok_ = false;
    return value;
  }

  char one_of(std::string_view allowed) {
    const char c = take();
    if (c == '\0' || allowed.find(c) == std::string_view::npos) ok_ = false;
    return c;
  }

  void fraction() {
    if (!rest_.starts_with('.')) return;
    rest_.remove_prefix(1);
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0) ok_ = false;
    rest_.remove_prefix(digits);
  }

  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  char take() {
    if (!ok_ || rest_.empty()) {
      ok_ = false;
      return '\0';
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string format_time(sys_seconds time) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto second = static_cast<int>((time - day).count());
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                second / 60 % 60, second % 60);
  return buffer.data();
}

Result<sys_seconds> parse_time(std::string_view text) {
  Scanner scan(text);
  const int year = scan.number(4, 0, 9999);
  scan.one_of("-");
  const int month = scan.number(2, 1, 12);
  scan.one_of("-");
  const int day = scan.number(2, 1, 31);
  scan.one_of("Tt");
  const int hour = scan.number(2, 0, 23);
  scan.one_of(":");
  const int minute = scan.number(2, 0, 59);
  scan.one_of(":");
  const int second = scan.number(2, 0, 60);  // 60: a leap second, taken as the first of the next minute
  scan.fraction();
  const char zone = scan.one_of("Zz+-");
  minutes offset{0};
  if (zone == '+' || zone == '-') {
    const int offset_hours = scan.number(2, 0, 23);
    scan.one_of(":");
    offset = hours(offset_hours) + minutes(scan.number(2, 0, 59));
    if (zone == '-') offset = -offset;
  }
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!scan.done() || !date.ok()) return bad_time(text);
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset;
}

}  // namespace sluice

#include "checks/docker/label_values.h"

#include <algorithm>
#include <array>

#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr std::string_view k_spdx_ids[] = {
#include "checks/docker/spdx_ids.inc"
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

int number(std::string_view text) {
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

int days_in(int year, int month) {
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

bool is_spdx_id(std::string_view id) {
  if (id.starts_with("LicenseRef-") || id.starts_with("DocumentRef-")) {
    return id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") ==
           std::string_view::npos;
  }
  if (id.ends_with("+")) id.remove_suffix(1);
  const std::string wanted = lower(id);  // identifiers match without regard to case
  return std::any_of(std::begin(k_spdx_ids), std::end(k_spdx_ids),
                     [&](std::string_view known) { return lower(known) == wanted; });
}

// expression = term { (AND | OR) term }, term = id [WITH exception] | "(" expression ")"
class SpdxReader {
 public:
  explicit SpdxReader(std::string_view text) {
    std::string spaced;
    for (const char c : text) {
      if (c == '(' || c == ')')
        spaced.append({' ', c, ' '});
      else
        spaced += c;
    }
    text_ = std::move(spaced);
    tokens_ = split(text_, " \t");
  }
  bool whole() { return expression(0) && at_ == tokens_.size(); }

 private:
  bool accept(std::string_view token) {
    if (at_ >= tokens_.size() || lower(tokens_[at_]) != token) return false;
    ++at_;
    return true;
  }
  bool expression(int depth) {
    if (depth > 32 || !term(depth)) return false;
    while (accept("and") || accept("or")) {
      if (!term(depth)) return false;
    }
    return true;
  }
  bool term(int depth) {
    if (accept("(")) return expression(depth + 1) && accept(")");
    if (at_ >= tokens_.size() || !is_spdx_id(tokens_[at_])) return false;
    ++at_;
    if (!accept("with")) return true;
    if (at_ >= tokens_.size()) return false;
    const std::string exception = lower(tokens_[at_++]);
    return contains(exception, "exception") || contains(exception, "-note") || contains(exception, "linking");
  }
  std::string text_;
  std::vector<std::string_view> tokens_;
  std::size_t at_ = 0;
};

// Dot-separated identifiers of [0-9A-Za-z-]; numeric ones without leading zeros if `strict`.
bool semver_identifiers(std::string_view text, bool strict) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = std::min(text.find('.', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    if (part.empty()) return false;
    if (!std::all_of(part.begin(), part.end(), [](char c) { return is_digit(c) || is_alpha(c) || c == '-'; }))
      return false;
    if (strict && all_digits(part) && part.size() > 1 && part[0] == '0') return false;
    if (end == text.size()) return true;
    at = end + 1;
  }
}

}  // namespace

bool is_absolute_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0 || !is_alpha(text[0])) return false;
  const std::string_view rest = text.substr(scheme + 3);
  if (rest.empty() || rest[0] == '/') return text.starts_with("file://");
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '<' && c != '>' && c != '"' && c != '{' && c != '}' &&
           c != '|' && c != '\\' && c != '^' && c != '`' && c != 0x7F;
  });
}

bool is_rfc3339(std::string_view text) {
  // YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)
  if (text.size() < 20) return false;
  for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U, 11U, 12U, 14U, 15U, 17U, 18U}) {
    if (!is_digit(text[i])) return false;
  }
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return false;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return false;
  const int month = number(text.substr(5, 2));
  const int day = number(text.substr(8, 2));
  if (month < 1 || month > 12 || day < 1 || day > days_in(number(text.substr(0, 4)), month)) return false;
  if (number(text.substr(11, 2)) > 23 || number(text.substr(14, 2)) > 59 || number(text.substr(17, 2)) > 60)
    return false;
  std::string_view rest = text.substr(19);
  if (rest[0] == '.') {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return false;
    rest.remove_prefix(end);
  }
  if (rest == "Z" || rest == "z") return true;
  return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':' &&
         all_digits(rest.substr(1, 2)) && all_digits(rest.substr(4, 2)) && number(rest.substr(1, 2)) < 24 &&
         number(rest.substr(4, 2)) < 60;
}

bool is_spdx_expression(std::string_view text) {
  return SpdxReader(text).whole();
}

bool is_git_hash(std::string_view text) {
  return is_hex(text, text.size()) && (text.size() == 64 || (text.size() >= 7 && text.size() <= 40));
}

bool is_semver(std::string_view text) {
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!semver_identifiers(text.substr(plus + 1), false)) return false;
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    if (!semver_identifiers(text.substr(dash + 1), true)) return false;
    text = text.substr(0, dash);
  }
  if (std::count(text.begin(), text.end(), '.') != 2) return false;
  const std::vector<std::string_view> parts = split(text, ".");
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return all_digits(part) && (part.size() == 1 || part[0] != '0');
         });
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 >= text.size()) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view host = text.substr(at + 1);
  const auto plain = [](char c) { return is_digit(c) || is_alpha(c); };
  const bool local_good = std::all_of(local.begin(), local.end(), [&](char c) {
    return plain(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
  });
  const bool host_good =
      std::all_of(host.begin(), host.end(), [&](char c) { return plain(c) || c == '.' || c == '-'; });
  return local_good && host_good && local.front() != '.' && local.back() != '.' && host.front() != '.' &&
         host.back() != '.' && host.find("..") == std::string_view::npos;
}

bool is_label_value(LabelKind kind, std::string_view text) {
  switch (kind) {
    case LabelKind::text:
      return true;
    case LabelKind::url:
      return is_absolute_url(text);
    case LabelKind::rfc3339:
      return is_rfc3339(text);
    case LabelKind::spdx:
      return is_spdx_expression(text);
    case LabelKind::githash:
      return is_git_hash(text);
    case LabelKind::semver:
      return is_semver(text);
    case LabelKind::email:
      return is_email(text);
  }
  return true;
}

}  // namespace sluice::checks::docker

#include "sandbox/goss/semver.h"

#include <algorithm>

#include "sandbox/text.h"

namespace sluice::sandbox::goss {
namespace {

constexpr std::size_t k_max_alternatives = 256;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::uint64_t> number(std::string_view text) {
  if (!all_digits(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  return parse_u64(text);
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// Numbers by value and before texts.
int compare_identifiers(const std::string& a, const std::string& b) {
  const bool digits = all_digits(a);
  if (digits != all_digits(b)) return digits ? -1 : 1;
  if (digits && a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  Version version;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    const std::string_view build = text.substr(plus + 1);
    const auto parts = split(build, '.');
    if (build.ends_with('.') || parts.empty() || !std::all_of(parts.begin(), parts.end(), is_identifier))
      return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const std::string_view before = text.substr(dash + 1);
    if (before.empty() || before.ends_with('.')) return std::nullopt;
    for (const std::string_view part : split(before, '.')) {
      if (!is_identifier(part) || (all_digits(part) && part.size() > 1 && part[0] == '0'))
        return std::nullopt;
      version.prerelease.emplace_back(part);
    }
    text = text.substr(0, dash);
  }
  const auto parts = split(text, '.');
  if (parts.size() != version.numbers.size() || text.ends_with('.')) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto value = number(parts[i]);
    if (!value) return std::nullopt;
    version.numbers[i] = *value;
  }
  return version;
}

int Version::compare(const Version& other) const {
  if (numbers != other.numbers) return numbers < other.numbers ? -1 : 1;
  // A release comes after what leads to it.
  if (prerelease.empty() != other.prerelease.empty()) return prerelease.empty() ? 1 : -1;
  for (std::size_t i = 0; i < std::min(prerelease.size(), other.prerelease.size()); ++i) {
    const int order = compare_identifiers(prerelease[i], other.prerelease[i]);
    if (order != 0) return order;
  }
  if (prerelease.size() == other.prerelease.size()) return 0;
  return prerelease.size() < other.prerelease.size() ? -1 : 1;
}

bool VersionRange::add_term(std::string_view how, std::string_view text, std::vector<All>& alternatives) {
  const auto each = [&](How kind, const Version& version) {
    for (All& all : alternatives) all.push_back({kind, version});
  };
  const bool equal = how.empty() || how == "=" || how == "==";
  const bool different = how == "!=" || how == "!";
  // "1.x" stands for all of 1: from 1.0.0 to below 2.0.0.
  const bool wild = text.ends_with(".x") || text.ends_with(".X") || text.ends_with(".*");
  if (!wild) {
    const auto version = Version::parse(text);
    if (!version) return false;
    if (equal || different) {
      each(equal ? How::equal : How::not_equal, *version);
    } else {
      each(how == ">"    ? How::greater
           : how == ">=" ? How::greater_equal
           : how == "<"  ? How::less
                         : How::less_equal,
           *version);
    }
    return true;
  }
  auto parts = split(text, '.');
  while (parts.size() > 1 && (parts.back() == "x" || parts.back() == "X" || parts.back() == "*"))
    parts.pop_back();
  if (parts.size() > 2) return false;
  Version low;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto value = number(parts[i]);
    if (!value) return false;
    low.numbers[i] = *value;
  }
  Version high = low;
  if (++high.numbers[parts.size() - 1] == 0) return false;
  if (equal) {
    each(How::greater_equal, low);
    each(How::less, high);
  } else if (different) {
    if (alternatives.size() * 2 > k_max_alternatives) return false;
    std::vector<All> above = alternatives;
    each(How::less, low);
    for (All& all : above) all.push_back({How::greater_equal, high});
    alternatives.insert(alternatives.end(), above.begin(), above.end());
  } else {
    const bool upwards = how == ">" || how == ">=";
    const bool beyond = how == ">" || how == "<=";
    each(upwards ? How::greater_equal : How::less, beyond ? high : low);
  }
  return true;
}

std::optional<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  while (true) {
    const std::size_t bar = text.find("||");
    std::string_view rest = trim(text.substr(0, bar));
    if (rest.empty()) return std::nullopt;
    std::vector<All> alternatives(1);
    while (!rest.empty()) {
      const std::size_t sign = std::min(rest.find_first_not_of("<>=!"), rest.size());
      const std::string_view how = rest.substr(0, sign);
      constexpr auto known =
          std::to_array<std::string_view>({"", "=", "==", "!", "!=", "<", "<=", ">", ">="});
      if (std::find(known.begin(), known.end(), how) == known.end()) return std::nullopt;
      rest = trim(rest.substr(sign));
      const std::size_t end = std::min(rest.find_first_of(" \t<>=!"), rest.size());
      if (!add_term(how, rest.substr(0, end), alternatives)) return std::nullopt;
      rest = trim(rest.substr(end));
    }
    range.any_.insert(range.any_.end(), alternatives.begin(), alternatives.end());
    if (range.any_.size() > k_max_alternatives) return std::nullopt;
    if (bar == std::string_view::npos) return range;
    text.remove_prefix(bar + 2);
  }
}

bool VersionRange::holds(const Version& version) const {
  const auto one = [&](const Bound& bound) {
    const int order = version.compare(bound.version);
    switch (bound.how) {
      case How::equal:
        return order == 0;
      case How::not_equal:
        return order != 0;
      case How::less:
        return order < 0;
      case How::less_equal:
        return order <= 0;
      case How::greater:
        return order > 0;
      case How::greater_equal:
        return order >= 0;
    }
    return false;
  };
  return std::any_of(any_.begin(), any_.end(),
                     [&](const All& all) { return std::all_of(all.begin(), all.end(), one); });
}

}  // namespace sluice::sandbox::goss

#include "explain/find.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/decode.h"

namespace sluice::explain {
namespace {

// Behind the first of `separator`: "docker.user-root" → "user-root".
std::string_view behind(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
}

bool fits(std::string_view wanted, std::string_view name, char separator) {
  const std::string whole = to_lower(name);
  return wanted == whole || wanted == behind(whole, separator);
}

}  // namespace

std::vector<std::string> find_rules(const scan::RuleBook& book, std::string_view name) {
  if (name.empty()) return {};
  if (book.find(name) != nullptr) return {std::string(name)};
  const std::string wanted = to_lower(name);
  std::vector<std::string> found;
  for (const auto& [id, rule] : book.rules()) {
    const auto any = [&wanted](const std::vector<std::string>& names, char separator) {
      return std::any_of(names.begin(), names.end(),
                         [&](const std::string& other) { return fits(wanted, other, separator); });
    };
    if (fits(wanted, id, '.') || any(rule.info.aliases, ':') || any(rule.info.cwe, '\0')) found.push_back(id);
  }
  return found;
}

std::string nearest_name(const scan::RuleBook& book, std::string_view name) {
  const std::string wanted = to_lower(name);
  std::vector<std::string> names;  // as found, and folded for comparing
  std::vector<std::string> folded;
  const auto add = [&](std::string_view known) {
    if (known.empty()) return;
    names.emplace_back(known);
    folded.push_back(to_lower(known));
  };
  for (const auto& [id, rule] : book.rules()) {
    add(id);
    add(behind(id, '.'));
    for (const std::string& alias : rule.info.aliases) {
      add(alias);
      add(behind(alias, ':'));
    }
  }
  const std::string nearest = decode::nearest(wanted, folded);
  const auto at = std::find(folded.begin(), folded.end(), nearest);
  return nearest.empty() || at == folded.end() ? std::string()
                                               : names[static_cast<std::size_t>(at - folded.begin())];
}

}  // namespace sluice::explain

#include "checks/docker/verification.h"

#include <algorithm>
#include <string>

#include "checks/docker/support.h"

namespace sluice::checks::docker::verification {

bool off(std::string_view value) {
  return !value.empty() && !truthy(value);
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool setting_off(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const std::size_t equals = at + key.size();
    if ((at > 0 && is_name_byte(text[at - 1])) || equals >= text.size() || text[equals] != '=') continue;
    std::string_view value = text.substr(equals + 1);
    while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
    const auto end = std::find_if_not(value.begin(), value.end(), is_name_byte);
    if (off(value.substr(0, static_cast<std::size_t>(end - value.begin())))) return true;
  }
  return false;
}

bool host_key_off(std::string_view text) {
  constexpr std::string_view key = "stricthostkeychecking";
  const std::string low = lower(text);
  for (std::size_t at = low.find(key); at != std::string::npos; at = low.find(key, at + 1)) {
    const std::size_t begin = low.find_first_not_of(" \t=\"'\\", at + key.size());
    if (begin == std::string::npos || begin == at + key.size()) continue;
    const std::string_view value = std::string_view(low).substr(begin);
    for (const std::string_view bad : {"no", "off", "false", "accept-new"}) {
      if (value.starts_with(bad) && (value.size() == bad.size() || !is_name_byte(value[bad.size()])))
        return true;
    }
  }
  return false;
}

}  // namespace sluice::checks::docker::verification

// $NAME as Go's os.Expand has it.
#include "sandbox/expand_variables.h"

#include <algorithm>

namespace sluice::sandbox {

std::string expand_variables(std::string_view text, const EnvList& env) {
  const auto value = [&](std::string_view name) -> std::string {
    for (const auto& [known, text_of_known] : env) {
      if (known == name) return text_of_known;
    }
    return {};
  };
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('{')) {
      const std::size_t close = text.find('}');
      if (close == std::string_view::npos || close == 1) {
        // Bad syntax: Go eats "${" and, if it is there, "}".
        text.remove_prefix(close == 1 ? 2 : 1);
        continue;
      }
      out += value(text.substr(1, close - 1));
      text.remove_prefix(close + 1);
      continue;
    }
    std::size_t end = 0;
    while (end < text.size() && is_name(text[end])) ++end;
    // A special parameter of the shell is a name of one letter; so is a leading digit.
    constexpr std::string_view special = "*#$@!?-";
    if (!text.empty() &&
        (special.find(text[0]) != std::string_view::npos || (text[0] >= '0' && text[0] <= '9')))
      end = 1;
    if (end == 0) {
      out += '$';
      continue;
    }
    out += value(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

void set_variable(EnvList& env, const std::string& name, const std::string& value) {
  const auto same =
      std::find_if(env.begin(), env.end(), [&](const auto& pair) { return pair.first == name; });
  if (same != env.end()) {
    same->second = value;
  } else {
    env.emplace_back(name, value);
  }
}

EnvList with_globals(EnvList image, const EnvList* globals) {
  if (globals == nullptr || globals->empty()) return image;
  EnvList env = image;
  for (const auto& [name, value] : *globals) set_variable(env, name, expand_variables(value, image));
  return env;
}

}  // namespace sluice::sandbox

// Variables of container-structure-test files: $NAME as Go's os.Expand has it, and files of variables.
#include "sandbox/test_spec.h"
#include "sandbox/text.h"

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

Status apply_env_file(RunSettings& run, std::string_view text, const Environment& environment) {
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string name(line.substr(0, equals));
    if (name.empty() || name.find_first_of(" \t") != std::string::npos ||
        line.find('\0') != std::string_view::npos) {
      return fail(ErrorKind::config, "config.range", "a line of the file of variables is no NAME=value");
    }
    if (equals != std::string_view::npos) {
      run.env.emplace_back(name, std::string(line.substr(equals + 1)));
    } else if (const auto ours = environment.find(name); ours != environment.end()) {
      run.env.emplace_back(name, ours->second);
    }
  }
  run.env_replaces = true;
  return {};
}

}  // namespace sluice::sandbox

// "/a/./b/../c//d" → "/a/c/d". By text alone: links are not followed. Never leaves "/".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/text.h"

namespace sluice::sandbox {

[[nodiscard]] inline std::string clean_path(std::string_view path) {
  // Most are clean already.
  if (path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos &&
      (path.size() == 1 || !path.ends_with('/'))) {
    return std::string(path);
  }
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '/')) {
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

}  // namespace sluice::sandbox

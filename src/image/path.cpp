#include "image/path.h"

#include "image/limits.h"

namespace sluice::image {

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.push_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

NormalPath normalise_path(std::string_view raw) {
  NormalPath result;
  result.absolute = raw.starts_with('/');
  if (raw.size() > k_max_path_bytes) result.refused = "too-long";
  if (raw.find('\0') != std::string_view::npos) result.refused = "nul";
  for (const std::string_view part : components(raw)) {
    if (part == "..") result.refused = "dotdot";
    if (part.size() > k_max_name_bytes && result.refused.empty()) result.refused = "name-too-long";
    if (!result.path.empty()) result.path += '/';
    result.path += part;
  }
  return result;
}

SplitPath split_path(std::string_view normal) {
  const std::size_t slash = normal.rfind('/');
  if (slash == std::string_view::npos) return {{}, normal};
  return {normal.substr(0, slash), normal.substr(slash + 1)};
}

WhiteoutName whiteout(std::string_view name) {
  if (name == ".wh..wh..opq") return {Whiteout::opaque, {}};
  if (name.starts_with(".wh..wh.")) return {Whiteout::reserved, {}};
  if (!name.starts_with(".wh.")) return {};
  const std::string_view hidden = name.substr(4);
  // ".wh." alone, ".wh.." and ".wh..." would hide nothing, the folder itself or its parent.
  if (hidden.empty() || hidden == "." || hidden == "..") return {Whiteout::reserved, {}};
  return {Whiteout::file, hidden};
}

}  // namespace sluice::image

// The rules of git-check-ref-format(1).
#include "ci/detect.h"

namespace sluice::ci {

bool is_ref_name(std::string_view name) {
  if (!name.starts_with("refs/") || name.ends_with('.') || name.ends_with('/')) return false;
  if (name.find("..") != std::string_view::npos || name.find("@{") != std::string_view::npos) return false;
  for (const char byte : name) {
    const auto value = static_cast<unsigned char>(byte);
    if (value <= 0x20 || value == 0x7f || std::string_view("~^:?*[\\").find(byte) != std::string_view::npos)
      return false;
  }
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    if (part.empty() || part.starts_with('.') || part.ends_with(".lock")) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace sluice::ci

#include "sandbox/engines/kind.h"

namespace sluice::sandbox {

std::string_view to_string(EngineKind kind) {
  const ToolTraits* traits = tool_traits(kind);
  return traits == nullptr ? "embedded" : traits->name;
}

std::optional<EngineKind> parse_engine_kind(std::string_view text) {
  if (text == "embedded") return EngineKind::embedded;
  for (const ToolTraits& traits : k_tools) {
    if (traits.name == text) return traits.kind;
  }
  return std::nullopt;
}

const ToolTraits* tool_traits(EngineKind kind) {
  for (const ToolTraits& traits : k_tools) {
    if (traits.kind == kind) return &traits;
  }
  return nullptr;
}

}  // namespace sluice::sandbox

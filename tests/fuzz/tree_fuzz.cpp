// Flattening: whatever a grammar makes of a text, nodes lie inside their parents and the text. The first byte
// picks the language. YAML and Python are left out: their scanners abort by design of ours (see
// cmake/grammars.cmake), which only a worker process may survive.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "syntax/tree.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::syntax;
  static constexpr std::string_view k_languages[] = {"bash",       "dockerfile", "go",   "java",
                                                     "javascript", "json",       "rust", "toml"};
  if (size == 0) return 0;
  const std::string_view source{reinterpret_cast<const char*>(data) + 1, size - 1};
  ParseLimits limits;
  limits.deadline = std::chrono::milliseconds(1'000);
  limits.max_nodes = 200'000;
  limits.max_depth = 500;
  Parser parser;
  const auto tree =
      parser.parse(*find_language(k_languages[data[0] % std::size(k_languages)]), source, {}, limits);
  if (!tree) return 0;
  for (NodeId id = 0; id < tree->size(); ++id) {
    if (tree->span(id).end > source.size() || tree->span(id).begin > tree->span(id).end) std::abort();
    if (id > 0 && (tree->parent(id) >= id || tree->subtree_end(id) > tree->subtree_end(tree->parent(id))))
      std::abort();
  }
  (void)print(*tree);
  return 0;
}

// Turns a tree-sitter tree into the arrays of a Tree. Private to the folder.
#pragma once

#include <tree_sitter/api.h>

#include <span>

#include "base/result.h"
#include "syntax/tree.h"

namespace sluice::syntax {

// `ranges` are the parsed parts of `source` (empty: all). Codes: syntax.nodes, syntax.depth.
[[nodiscard]] Result<Tree> flatten(const TSTree& tree, const Language& language, std::string_view source,
                                   std::span<const Span> ranges, const ParseLimits& limits);

}  // namespace sluice::syntax

// RAII over the C objects of tree-sitter, and the one place where it is asked to parse. Private to the
// folder.
#pragma once

#include <tree_sitter/api.h>

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/span.h"
#include "syntax/tree.h"

namespace sluice::syntax {

struct CoreDeleter {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
  void operator()(TSQuery* query) const { ts_query_delete(query); }
  void operator()(TSQueryCursor* cursor) const { ts_query_cursor_delete(cursor); }
};
using ParserPtr = std::unique_ptr<TSParser, CoreDeleter>;
using TreePtr = std::unique_ptr<TSTree, CoreDeleter>;
using QueryPtr = std::unique_ptr<TSQuery, CoreDeleter>;
using QueryCursorPtr = std::unique_ptr<TSQueryCursor, CoreDeleter>;

// Never a null tree. Codes: see Parser::parse.
[[nodiscard]] Result<TreePtr> parse_core(TSParser* parser, const Language& language, std::string_view source,
                                         std::span<const Span> ranges, const ParseLimits& limits);

}  // namespace sluice::syntax

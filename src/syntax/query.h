// A tree-sitter query over a text: for tools and tests, where a pattern of nodes is easier to say than a
// walk.
//
// The checks match on the flattened Tree instead; a query needs tree-sitter's own tree, so this parses the
// text anew and gives back spans only: no node can dangle.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/span.h"
#include "syntax/tree.h"

namespace sluice::syntax {

struct QueryCapture {
  std::string name;  // without '@'
  Span span;
};

struct QueryMatch {
  std::uint32_t pattern = 0;  // which pattern of the query, from 0
  std::vector<QueryCapture> captures;
};

// Matches in the order of the text. Of the predicates, #eq? and #not-eq? are obeyed (capture or text against
// capture or text); any other is an error, for an ignored one would match too much. Codes: syntax.query (with
// the place in the query text), syntax.query-predicate, syntax.query-limit (too many matches at once) and
// those of Parser::parse.
[[nodiscard]] Result<std::vector<QueryMatch>> run_query(const Language& language, std::string_view source,
                                                        std::string_view query,
                                                        const ParseLimits& limits = {});

}  // namespace sluice::syntax

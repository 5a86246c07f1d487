#include "syntax/query.h"

#include <algorithm>
#include <optional>

#include "syntax/core.h"

namespace sluice::syntax {
namespace {

constexpr std::uint32_t k_max_open_matches = 65'536;

// "eq?" "not-eq?": both operands are a capture or a text.
struct Predicate {
  struct Operand {
    bool is_capture = false;
    std::uint32_t id = 0;  // capture or string id
  };
  bool negated = false;
  Operand left;
  Operand right;
};

std::string_view query_string(const TSQuery* query, std::uint32_t id) {
  std::uint32_t length = 0;
  const char* text = ts_query_string_value_for_id(query, id, &length);
  return {text, length};
}

Result<std::vector<std::vector<Predicate>>> predicates_of(const TSQuery* query) {
  std::vector<std::vector<Predicate>> all(ts_query_pattern_count(query));
  for (std::uint32_t pattern = 0; pattern < all.size(); ++pattern) {
    std::uint32_t count = 0;
    const TSQueryPredicateStep* steps = ts_query_predicates_for_pattern(query, pattern, &count);
    for (std::uint32_t i = 0; i < count;) {
      std::uint32_t end = i;
      while (end < count && steps[end].type != TSQueryPredicateStepTypeDone) ++end;
      const std::string_view name = query_string(query, steps[i].value_id);
      if (end - i != 3 || (name != "eq?" && name != "not-eq?")) {
        return fail(ErrorKind::unsupported, "syntax.query-predicate",
                    "the query uses the predicate #" + std::string(name) +
                        ", only #eq? and #not-eq? with two operands are known");
      }
      const auto operand = [&](const TSQueryPredicateStep& step) {
        return Predicate::Operand{step.type == TSQueryPredicateStepTypeCapture, step.value_id};
      };
      all[pattern].push_back({name == "not-eq?", operand(steps[i + 1]), operand(steps[i + 2])});
      i = end + 1;
    }
  }
  return all;
}

Span span_of(TSNode node) {
  return {ts_node_start_byte(node), ts_node_end_byte(node)};
}

std::optional<std::string_view> value_of(const Predicate::Operand& operand, const TSQuery* query,
                                         const TSQueryMatch& match, std::string_view source) {
  if (!operand.is_capture) return query_string(query, operand.id);
  for (std::uint16_t i = 0; i < match.capture_count; ++i) {
    if (match.captures[i].index == operand.id) return span_of(match.captures[i].node).of(source);
  }
  return std::nullopt;  // an optional capture that took part in no match
}

bool holds(const Predicate& predicate, const TSQuery* query, const TSQueryMatch& match,
           std::string_view source) {
  const auto left = value_of(predicate.left, query, match, source);
  const auto right = value_of(predicate.right, query, match, source);
  return left && right && (*left == *right) != predicate.negated;
}

}  // namespace

Result<std::vector<QueryMatch>> run_query(const Language& language, std::string_view source,
                                          std::string_view query_text, const ParseLimits& limits) {
  std::uint32_t offset = 0;
  TSQueryError error = TSQueryErrorNone;
  const QueryPtr query{ts_query_new(language.factory(), query_text.data(),
                                    static_cast<std::uint32_t>(query_text.size()), &offset, &error)};
  if (!query) {
    return fail(ErrorKind::config, "syntax.query", "the query is wrong at byte " + std::to_string(offset));
  }
  const auto predicates = SLUICE_TRY(predicates_of(query.get()));
  const ParserPtr parser{ts_parser_new()};
  const TreePtr tree = SLUICE_TRY(parse_core(parser.get(), language, source, {}, limits));
  const QueryCursorPtr cursor{ts_query_cursor_new()};
  ts_query_cursor_set_match_limit(cursor.get(), k_max_open_matches);
  ts_query_cursor_exec(cursor.get(), query.get(), ts_tree_root_node(tree.get()));

  std::vector<QueryMatch> out;
  TSQueryMatch match;
  while (ts_query_cursor_next_match(cursor.get(), &match)) {
    const auto& wanted = predicates[match.pattern_index];
    if (!std::all_of(wanted.begin(), wanted.end(),
                     [&](const Predicate& p) { return holds(p, query.get(), match, source); })) {
      continue;
    }
    QueryMatch found{match.pattern_index, {}};
    for (std::uint16_t i = 0; i < match.capture_count; ++i) {
      std::uint32_t length = 0;
      const char* name = ts_query_capture_name_for_id(query.get(), match.captures[i].index, &length);
      found.captures.push_back({std::string(name, length), span_of(match.captures[i].node)});
    }
    out.push_back(std::move(found));
  }
  if (ts_query_cursor_did_exceed_match_limit(cursor.get())) {
    return fail(ErrorKind::limit, "syntax.query-limit", "the query has too many matches open at once");
  }
  return out;
}

}  // namespace sluice::syntax

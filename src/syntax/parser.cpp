#include "syntax/core.h"
#include "syntax/flatten.h"
#include "syntax/tree.h"

namespace sluice::syntax {
namespace {

using Time = std::chrono::steady_clock::time_point;

struct Input {
  std::string_view source;
};

// The core reads the text in chunks of our choice: the whole rest.
const char* read_input(void* payload, std::uint32_t offset, TSPoint, std::uint32_t* bytes_read) {
  const auto& input = *static_cast<const Input*>(payload);
  if (offset >= input.source.size()) {
    *bytes_read = 0;
    return "";
  }
  *bytes_read = static_cast<std::uint32_t>(input.source.size()) - offset;
  return input.source.data() + offset;
}

struct Watch {
  Time deadline;
  bool expired = false;
};

bool past_deadline(TSParseState* state) {
  auto& watch = *static_cast<Watch*>(state->payload);
  watch.expired = watch.expired || std::chrono::steady_clock::now() >= watch.deadline;
  return watch.expired;
}

Result<std::vector<TSRange>> to_ranges(std::string_view source, std::span<const Span> ranges) {
  std::vector<TSRange> out;
  out.reserve(ranges.size());
  TSPoint point{0, 0};
  std::uint32_t at = 0;
  const auto advance = [&](std::uint32_t to) {
    while (at < to) {
      const auto newline = source.find('\n', at);
      if (newline == std::string_view::npos || newline >= to) {
        point.column += to - at;
        at = to;
      } else {
        ++point.row;
        point.column = 0;
        at = static_cast<std::uint32_t>(newline) + 1;
      }
    }
    return point;
  };
  for (const Span& range : ranges) {
    if (range.begin < at || range.end < range.begin || range.end > source.size()) {
      return fail(ErrorKind::internal, "syntax.failed",
                  "the ranges to parse are not ascending and inside the text");
    }
    const TSPoint begin = advance(range.begin);
    const TSPoint end = advance(range.end);
    out.push_back({begin, end, range.begin, range.end});
  }
  return out;
}

}  // namespace

Result<TreePtr> parse_core(TSParser* parser, const Language& language, std::string_view source,
                           std::span<const Span> ranges, const ParseLimits& limits) {
  if (source.size() > UINT32_MAX) {
    return fail(ErrorKind::limit, "syntax.size", "the text is larger than 4 GiB");
  }
  ts_parser_reset(parser);  // a parse that was stopped before would be resumed
  // A refused language would make the next parse return a null tree, which must never look like a clean file.
  if (!ts_parser_set_language(parser, language.factory())) {
    return fail(ErrorKind::internal, "syntax.language",
                "the parser core refuses the grammar of " + std::string(language.name));
  }
  const std::vector<TSRange> ts_ranges = SLUICE_TRY(to_ranges(source, ranges));
  if (!ts_parser_set_included_ranges(parser, ts_ranges.data(),
                                     static_cast<std::uint32_t>(ts_ranges.size()))) {
    return fail(ErrorKind::internal, "syntax.failed", "the parser core refuses the ranges to parse");
  }
  Input input{source};
  Watch watch{std::chrono::steady_clock::now() + limits.deadline};
  const TSInput ts_input{&input, read_input, TSInputEncodingUTF8, nullptr};
  const TSParseOptions options{&watch, past_deadline};
  TreePtr tree{ts_parser_parse_with_options(parser, nullptr, ts_input, options)};
  if (!tree) {
    if (watch.expired) {
      return fail(ErrorKind::limit, "syntax.deadline",
                  "parsing took longer than " + std::to_string(limits.deadline.count()) + " ms");
    }
    return fail(ErrorKind::internal, "syntax.failed", "the parser gave no tree");
  }
  return tree;
}

struct Parser::State {
  ParserPtr parser{ts_parser_new()};
};

Parser::Parser() : state_(std::make_unique<State>()) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Result<Tree> Parser::parse(const Language& language, std::string_view source, std::span<const Span> ranges,
                           const ParseLimits& limits) {
  const TreePtr tree = SLUICE_TRY(parse_core(state_->parser.get(), language, source, ranges, limits));
  return flatten(*tree, language, source, ranges, limits);
}

}  // namespace sluice::syntax

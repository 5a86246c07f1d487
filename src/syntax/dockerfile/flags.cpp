#include "syntax/dockerfile/flags.h"

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

struct Row {
  Keyword keyword;
  std::string_view name;
  FlagKind kind;
};

constexpr Row k_flags[] = {
    {Keyword::from, "platform", FlagKind::text},
    {Keyword::run, "mount", FlagKind::repeated},
    {Keyword::run, "network", FlagKind::text},
    {Keyword::run, "security", FlagKind::text},
    {Keyword::run, "device", FlagKind::repeated},
    {Keyword::copy, "from", FlagKind::text},
    {Keyword::copy, "chown", FlagKind::text},
    {Keyword::copy, "chmod", FlagKind::text},
    {Keyword::copy, "link", FlagKind::boolean},
    {Keyword::copy, "parents", FlagKind::boolean},
    {Keyword::copy, "exclude", FlagKind::repeated},
    {Keyword::add, "chown", FlagKind::text},
    {Keyword::add, "chmod", FlagKind::text},
    {Keyword::add, "link", FlagKind::boolean},
    {Keyword::add, "keep-git-dir", FlagKind::boolean},
    {Keyword::add, "checksum", FlagKind::text},
    {Keyword::add, "unpack", FlagKind::boolean},
    {Keyword::add, "exclude", FlagKind::repeated},
    {Keyword::healthcheck, "interval", FlagKind::text},
    {Keyword::healthcheck, "timeout", FlagKind::text},
    {Keyword::healthcheck, "start-period", FlagKind::text},
    {Keyword::healthcheck, "start-interval", FlagKind::text},
    {Keyword::healthcheck, "retries", FlagKind::text},
};

// The options of --mount are one record of comma-separated values; a value in double quotes may hold commas.
std::vector<FlagOption> options_of(const LogicalText& line, const RawFlag& word) {
  std::vector<FlagOption> out;
  const std::string& text = word.text;
  const auto span = [&](std::size_t begin, std::size_t end) {
    return begin == end ? line.span({word.origin[begin], word.origin[begin]})
                        : line.span({word.origin[begin], word.origin[end - 1] + 1});
  };
  for (std::size_t at = std::min<std::size_t>(word.equals + 1, text.size()); at < text.size();) {
    const bool quoted = text[at] == '"';
    std::size_t end = quoted ? text.find('"', at + 1) : at;
    end = text.find(',', std::min(end, text.size()));
    end = std::min(end, text.size());
    const std::size_t from = quoted ? at + 1 : at;
    const std::size_t to = quoted && end > from && text[end - 1] == '"' ? end - 1 : end;
    const std::string_view field = std::string_view(text).substr(from, to - from);
    const auto equals = field.find('=');
    FlagOption option;
    option.name = to_lower(field.substr(0, equals));
    option.span = span(from, to);
    option.value_span = {option.span.end, option.span.end};
    if (equals != std::string_view::npos) {
      option.value = field.substr(equals + 1);
      if (!option.value->empty()) option.value_span = span(from + equals + 1, to);
    }
    if (!field.empty()) out.push_back(std::move(option));
    at = end + 1;
  }
  return out;
}

Flag make_flag(const LogicalText& line, const RawFlag& word) {
  Flag flag;
  flag.text = word.text;
  flag.range = word.range;
  flag.span = line.span(word.range);
  const bool has_value = word.equals < word.text.size();
  flag.name = word.text.substr(2, word.equals - 2);
  flag.name_span = line.span({word.range.begin + 2, has_value ? word.origin[word.equals] : word.range.end});
  flag.value_span = {flag.span.end, flag.span.end};
  if (has_value) {
    flag.value = word.text.substr(word.equals + 1);
    flag.value_span = line.span({word.origin[word.equals] + 1, word.range.end});
  }
  return flag;
}

}  // namespace

FlagKind flag_kind(Keyword keyword, std::string_view name) {
  const auto at = std::find_if(std::begin(k_flags), std::end(k_flags),
                               [&](const Row& row) { return row.keyword == keyword && row.name == name; });
  return at == std::end(k_flags) ? FlagKind::unknown : at->kind;
}

std::vector<Flag> make_flags(Keyword keyword, const LogicalText& line, std::vector<RawFlag> words,
                             std::vector<Problem>& problems) {
  std::vector<Flag> out;
  std::set<std::string, std::less<>> seen;
  for (const RawFlag& word : words) {
    Flag flag = make_flag(line, word);
    const FlagKind kind = flag_kind(keyword, flag.name);
    flag.known = kind != FlagKind::unknown;
    const auto report = [&](ProblemKind problem, const std::string& message) {
      problems.push_back({problem, flag.span, message + " --" + flag.name});
    };
    if (word.unterminated) report(ProblemKind::unterminated_quote, "a quote never closes in flag");
    if (!flag.known) {
      // Of an unknown instruction nothing is known, so its flags are no finding of their own.
      if (keyword != Keyword::unknown) report(ProblemKind::unknown_flag, "unknown flag");
    } else {
      if (!seen.insert(flag.name).second && kind != FlagKind::repeated) {
        report(ProblemKind::duplicate_flag, "duplicate flag");
      }
      if (kind == FlagKind::boolean) {
        const std::string value = to_lower(flag.value.value_or("true"));
        if (value.empty()) {
          report(ProblemKind::flag_without_value, "missing value of flag");
        } else if (value != "true" && value != "false") {
          report(ProblemKind::bad_flag_value, "true or false is expected for flag");
        }
      } else if (!flag.value) {
        report(ProblemKind::flag_without_value, "missing value of flag");
      }
      if (keyword == Keyword::run && flag.name == "mount" && flag.value)
        flag.options = options_of(line, word);
    }
    out.push_back(std::move(flag));
  }
  return out;
}

}  // namespace sluice::syntax::dockerfile

#include "rules/fix_regex.h"

#include <algorithm>

namespace sluice::rules {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The number at `at`, which is moved behind it; nothing if there is none.
std::optional<std::size_t> take_number(std::string_view text, std::size_t& at, std::size_t digits) {
  std::size_t value = 0;
  const std::size_t begin = at;
  for (; at < text.size() && at < begin + digits && is_digit(text[at]); ++at)
    value = value * 10 + static_cast<std::size_t>(text[at] - '0');
  if (at == begin) return std::nullopt;
  return value;
}

tl::unexpected<Error> wrong(std::string what) {
  return fail(ErrorKind::config, "rule.fix-regex", "the replacement of fix-regex " + std::move(what));
}

}  // namespace

Result<std::vector<FixRegex::Part>> parse_replacement(std::string_view text, std::size_t groups) {
  std::vector<FixRegex::Part> parts;
  const auto add = [&parts](char c) {
    if (parts.empty() || parts.back().group) parts.emplace_back();
    parts.back().text += c;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      add(text[at++]);
      continue;
    }
    if (++at == text.size()) return wrong("ends in a backslash");
    std::optional<std::size_t> group;
    if (text.substr(at).starts_with("g<")) {
      at += 2;
      group = take_number(text, at, 3);
      if (!group || at == text.size() || text[at] != '>')
        return wrong("has a \\g that names no group by number");
      ++at;
    } else if (is_digit(text[at])) {
      group = take_number(text, at, 2);
    }
    if (group) {
      if (*group >= groups)
        return wrong("uses group " + std::to_string(*group) + ", which the expression lacks");
      parts.push_back({"", group});
      continue;
    }
    const char c = text[at++];
    if (c != 'n' && c != 't' && c != '\\') return wrong(std::string("has the unknown escape \\") + c);
    add(c == 'n' ? '\n' : c == 't' ? '\t' : '\\');
  }
  return parts;
}

std::optional<std::string> rewrite(const FixRegex& fix, std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  std::uint64_t done = 0;
  Regex::Groups groups;
  for (std::size_t from = 0; from <= text.size() && (fix.count == 0 || done < fix.count);) {
    const Result<bool> found = fix.regex.search(text, from, groups);
    if (!found) return std::nullopt;
    if (!*found) break;
    const Span whole = groups[0];
    if (whole.begin < copied) return std::nullopt;  // \K in a look-behind goes back behind the last match
    out += text.substr(copied, whole.begin - copied);
    for (const FixRegex::Part& part : fix.replacement) {
      out += part.text;
      if (part.group && *part.group < groups.size() && Regex::took_part(groups[*part.group]))
        out += groups[*part.group].of(text);
    }
    copied = whole.end;
    ++done;
    from = whole.empty() ? std::size_t{whole.end} + 1 : whole.end;
  }
  if (done == 0) return std::nullopt;
  out += text.substr(copied);
  return out;
}

}  // namespace sluice::rules

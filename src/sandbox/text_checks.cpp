#include "sandbox/outcome.h"

#include <utility>

#include "base/json.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_quoted = 200;

enum class Found : std::uint8_t { yes, no, unknown, bad_pattern };

struct Search {
  Found found = Found::unknown;
  std::string problem;
};

// That is the test's own fault and the same on every image: it fails, as it does upstream.
bool is_bad_pattern(const Error& error) {
  return error.kind == ErrorKind::config;
}

// In head and tail apart: a match across the cut is not known.
template <typename Finder>
Search search(const Captured& captured, Finder finder) {
  for (const std::string* part : {&captured.head, &captured.tail}) {
    // The two lie side by side if nothing was cut between them.
    const std::string whole = captured.truncated() ? std::string() : captured.head + captured.tail;
    const Result<bool> found = finder(captured.truncated() ? *part : whole);
    if (!found)
      return {is_bad_pattern(found.error()) ? Found::bad_pattern : Found::unknown, found.error().message};
    if (*found) return {Found::yes, {}};
    if (!captured.truncated()) return {Found::no, {}};
  }
  const std::uint64_t cut = captured.total_bytes - captured.head.size() - captured.tail.size();
  return {Found::unknown, std::to_string(cut) + " bytes in the middle were not kept"};
}

}  // namespace

std::string quoted(std::string_view text) {
  const bool cut = text.size() > k_max_quoted;
  return json::quote(text.substr(0, k_max_quoted)) + (cut ? "…" : "");
}

void check_text(const TextChecks& checks, std::string_view what, const Captured& captured,
                const TextMatcher& matcher, Verdicts& verdicts) {
  const std::string name(what);
  const auto want = [&](const std::string& text, const Search& result, const std::string& missing) {
    if (result.found == Found::unknown) {
      verdicts.error(name + ": cannot tell about " + quoted(text) + ": " + result.problem);
    } else if (result.found == Found::bad_pattern) {
      verdicts.fail(name + ": " + quoted(text) + ": " + result.problem);
    } else if (result.found == Found::no) {
      verdicts.fail(name + " " + missing + " " + quoted(text));
    }
  };
  const auto by_pattern = [&](const std::string& pattern) {
    return search(captured, [&](const std::string& text) { return matcher.found(pattern, text); });
  };
  for (const std::string& pattern : checks.include) want(pattern, by_pattern(pattern), "does not match");
  for (const std::string& plain : checks.contains) {
    want(plain,
         search(
             captured,
             [&](const std::string& text) -> Result<bool> { return text.find(plain) != std::string::npos; }),
         "does not contain");
  }
  for (const std::string& pattern : checks.exclude) {
    Search result = by_pattern(pattern);
    if (result.found == Found::yes || result.found == Found::no)
      result.found = result.found == Found::yes ? Found::no : Found::yes;
    want(pattern, result, "matches the excluded");
  }
  for (const auto& wanted : checks.matchers) {
    if (captured.truncated()) {
      verdicts.error(name + ": its middle was not kept");
      break;
    }
    const auto wrong = wanted->mismatch(json::Value(captured.head + captured.tail), matcher);
    if (!wrong && is_bad_pattern(wrong.error())) {
      verdicts.fail(name + ": " + wrong.error().message);
    } else if (!wrong) {
      verdicts.error(name + ": " + wrong.error().message);
    } else if (!wrong->empty()) {
      verdicts.fail(name + ": " + *wrong);
    }
  }
}

void check_value(const ValueCheck& check, const std::string& what, const std::optional<std::string>& value,
                 const TextMatcher& matcher, Verdicts& verdicts) {
  const std::string name = what + " " + check.key;
  if (!value) return verdicts.fail(name + " is not set");
  if (!check.pattern) {
    if (*value != check.value) verdicts.fail(name + " is " + quoted(*value) + ", not " + quoted(check.value));
    return;
  }
  const Result<bool> found = matcher.found(check.value, *value);
  if (!found && is_bad_pattern(found.error())) return verdicts.fail(name + ": " + found.error().message);
  if (!found) return verdicts.error(name + ": " + found.error().message);
  if (!*found)
    verdicts.fail(name + " is " + quoted(*value) + ", which does not match " + quoted(check.value));
}

}  // namespace sluice::sandbox

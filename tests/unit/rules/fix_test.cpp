// `fix` and `fix-regex` of rules.
#include <ostream>

#include <doctest/doctest.h>

#include "run_rule.h"

using namespace sluice::rules;
using namespace sluice::rules::test;

namespace {

// The text that would take the place of the first match, or why the rule cannot be loaded.
std::string fixed(std::string_view body, std::string_view text) {
  const Outcome outcome = run_yaml(rule_yaml("python", body), "python", text);
  if (!outcome.load_problems.empty()) return "refused: " + outcome.load_problems[0].reason;
  if (outcome.result.matches.empty()) return "no match";
  return outcome.result.matches[0].fix.value_or("no fix");
}

}  // namespace

TEST_CASE("fix puts the bound texts in") {
  CHECK(fixed("pattern: f($X)\nfix: g($X, 1)\n", "f(a + b)\n") == "g(a + b, 1)");
}

TEST_CASE("fix-regex rewrites the matched text, with groups as re.sub writes them") {
  CHECK(fixed("pattern: get(...)\nfix-regex: {regex: '(.*)\\)$', replacement: '\\1, timeout=30)'}\n",
              "get(url)\n") == "get(url, timeout=30)");
  CHECK(fixed("pattern: f(...)\nfix-regex: {regex: 'a(b)?', replacement: '<\\g<1>>'}\n", "f(ab, a)\n") ==
        "f(<b>, <>)");
  CHECK(fixed("pattern: f(...)\nfix-regex: {regex: a, replacement: b, count: 1}\n", "f(a, a)\n") ==
        "f(b, a)");
  CHECK(fixed("pattern: f(...)\nfix-regex: {regex: '(?<=f\\()a', replacement: 'b\\\\'}\n", "f(a)\n") ==
        "f(b\\)");
}

TEST_CASE("a fix-regex that matches nothing is no fix") {
  CHECK(fixed("pattern: f(...)\nfix-regex: {regex: x, replacement: y}\n", "f(a)\n") == "no fix");
  CHECK(fixed("pattern: f(...)\nfix-regex: {regex: 'z*', replacement: ''}\n", "f()\n") == "f()");
}

TEST_CASE("a fix-regex that cannot be meant is a problem of the rule and not ignored") {
  const auto refused = [](std::string_view body) {
    return fixed(std::string("pattern: f(...)\n") + std::string(body), "f(a)\n").starts_with("refused");
  };
  CHECK(refused("fix-regex: {regex: '(', replacement: y}\n"));
  CHECK(refused("fix-regex: {regex: a, replacement: '\\1'}\n"));
  CHECK(refused("fix-regex: {regex: a, replacement: '\\q'}\n"));
  CHECK(refused("fix-regex: {regex: a}\n"));
  CHECK(refused("fix-regex: {regex: a, replacement: b, count: -1}\n"));
  CHECK(refused("fix-regex: {regex: a, replacement: b, flags: i}\n"));
  CHECK(refused("fix: g()\nfix-regex: {regex: a, replacement: b}\n"));
}

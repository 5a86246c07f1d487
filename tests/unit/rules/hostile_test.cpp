#include <doctest/doctest.h>
#include <ostream>

#include "run_rule.h"

using namespace sluice::rules::test;

namespace {

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("a search that would take for ever ends as a problem of its rule") {
  // Holes over the same statements: n^4 ways.
  const std::string text = repeat("f(a)\n", 400) + "g\n";
  const Outcome outcome = run_yaml(
      rule_yaml("python",
                "pattern: |\n  f($A)\n  ...\n  f($B)\n  ...\n  f($C)\n  ...\n  f($D)\n  ...\n  g($E)\n"),
      "python", text, "file", 100'000);
  REQUIRE(outcome.result.problems.size() == 1);
  CHECK(outcome.result.problems[0].reason.find("limit") != std::string::npos);
}

TEST_CASE("a deadline that has passed is a problem") {
  const std::string yaml = rule_yaml("python", "pattern: |\n  f($A)\n  ...\n  f($B)\n  ...\n  g($C)\n");
  const sluice::rules::RuleSource source{"r.yaml", yaml};
  const auto loaded = sluice::rules::load({&source, 1});
  const std::string text = repeat("f(a)\n", 500) + "g\n";
  sluice::syntax::Parser parser;
  const auto tree = parser.parse(*sluice::syntax::find_language("python"), text);
  REQUIRE(tree);
  sluice::rules::Target target;
  target.text = text;
  target.tree = &*tree;
  target.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  const auto result = sluice::rules::match(loaded.rules, target);
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].reason.find("deadline") != std::string::npos);
}

TEST_CASE("deep nesting, long lists and broken code do no harm") {
  const std::string_view taint =
      "mode: taint\npattern-sources:\n- pattern: a()\npattern-sinks:\n- pattern: b(...)\n";
  for (const std::string& text :
       {repeat("(", 200), repeat("f(", 1'500) + "a()" + repeat(")", 1'500),
        "x = " + repeat("a() + ", 1'400) + "1\nb(x)\n", "x = [" + repeat("a(), ", 20'000) + "]\nb(x)\n",
        repeat("if a():\n", 3), std::string("b(a()\0)", 7), std::string("\xff\xfe b(a())\n"),
        repeat("x = y\ny = x\nb(x)\n", 300)}) {
    for (const std::string_view body :
         {std::string_view("pattern: f(..., $X, ...)"), std::string_view("pattern: $X"),
          std::string_view("pattern: |\n  $X = $Y\n  ...\n  b($X)"), taint}) {
      const Outcome outcome = run("python", body, text);
      for (const auto& found : outcome.result.matches) CHECK(found.span.end <= text.size());
    }
  }
}

TEST_CASE("names that stand for each other end") {
  const std::string_view options = "options: {symbolic_propagation: true}\npattern: f($X).g()\n";
  CHECK(run("python", options, "a = b\nb = a\na.g()\n").result.problems.empty());
  CHECK(run("python", options, "a = a\na.g()\n").result.problems.empty());
}

TEST_CASE("an empty file and one of comments only") {
  CHECK(run("python", "pattern: f()", "").lines == Lines{});
  CHECK(run("python", "pattern: $X", "# f()\n").lines == Lines{});
  CHECK(run("javascript", "pattern: f()", "/* f() */").lines == Lines{});
}

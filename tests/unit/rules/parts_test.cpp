#include <doctest/doctest.h>
#include <ostream>

#include "rules/comparison.h"
#include "rules/paths.h"
#include "rules/pattern.h"
#include "rules/prefilter.h"
#include "rules/regex.h"
#include "rules/rule.h"
#include "rules/taint_label.h"
#include "run_rule.h"

using namespace sluice;
using namespace sluice::rules;
using namespace sluice::rules::test;

namespace {

bool matches(std::string_view pattern, std::string_view text, Regex::Options options = {}) {
  const auto regex = Regex::compile(pattern, options);
  REQUIRE(regex);
  const auto found = regex->matches(text);
  REQUIRE(found);
  return *found;
}

bool holds(std::string_view text) {
  const auto comparison = Comparison::parse(text);
  REQUIRE(comparison);
  const auto value = comparison->holds(
      [](std::string_view name) { return name == "$N" ? literal_value("42") : Comparison::Value{}; });
  REQUIRE(value);
  return *value;
}

}  // namespace

TEST_CASE("regex: linear engine where possible, the other one where its syntax is needed") {
  CHECK(Regex::compile("a+b", {})->linear());
  CHECK_FALSE(Regex::compile("(?!a)b", {})->linear());
  CHECK(matches("(?<!x)y", "zy"));
  CHECK_FALSE(matches("(?<!x)y", "xy"));
  CHECK(matches("^b", "a\nb", {true, false}));
  CHECK_FALSE(matches("^b", "a\nb"));
  CHECK_FALSE(matches("b", "ab", {false, true}));
  CHECK_FALSE(matches("(?=b)b", "ab", {false, true}));
  CHECK_FALSE(Regex::compile("(", {}));
}

TEST_CASE("regex: a limit reached is an error, not a miss") {
  const auto regex = Regex::compile("(?=x)?(a+)+$(?<!c)", {});
  REQUIRE(regex);
  REQUIRE_FALSE(regex->linear());
  const std::string text(5000, 'a');
  const auto found = regex->matches(text + "b");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == "rule.regex-limit");
}

TEST_CASE("regex: groups, names and bytes that are no UTF-8") {
  for (const std::string_view pattern : {"(?P<A>a)|(b)", "(?=.)(?<A>a)|(b)"}) {
    const auto regex = Regex::compile(pattern, {});
    REQUIRE(regex);
    Regex::Groups groups;
    REQUIRE(regex->search("\xff\xfe b", 0, groups).value());
    REQUIRE(groups.size() == 3);
    CHECK(groups[0].begin == 3);
    CHECK_FALSE(Regex::took_part(groups[1]));
    CHECK(Regex::took_part(groups[2]));
    REQUIRE(regex->names().size() == 1);
    CHECK(regex->names()[0].first == "A");
  }
}

TEST_CASE("comparison: a sign counts once, and the least number's negation is no number") {
  using Type = Comparison::Value::Type;
  CHECK(literal_value("-5").integer == -5);
  for (const std::string_view text : {"--5", "--9223372036854775808", "-", "", "0x-5", "-0x-5"}) {
    CAPTURE(text);
    CHECK(literal_value(text).type == Type::unknown);
  }
  CHECK(literal_value("9223372036854775807").integer == 9223372036854775807);
  CHECK(literal_value("-9223372036854775808").type == Type::real);
}

TEST_CASE("comparison: arithmetic and logic of the small language") {
  CHECK(holds("$N == 42"));
  CHECK(holds("$N > 40 and not $N > 50"));
  CHECK(holds("$N in [1, 42]"));
  CHECK(holds("$N % 5 == 2 and $N // 5 == 8 and -7 // 2 == -4"));
  CHECK(holds("2 ** 8 == 256"));
  CHECK(holds("int('2a', 16) == 42 and 0x2A == 42 and 0o52 == 42"));
  CHECK(holds("re.match('a+', 'aab') and not re.match('b', 'aab')"));
  CHECK(holds("'b' in 'abc' and len('abc') == 3"));
  CHECK(holds("str($N) == '42'"));
  CHECK_FALSE(holds("$X == 1"));
  CHECK_FALSE(holds("not $X == 1"));
  CHECK_FALSE(holds("$N / 0 == 1"));
  CHECK_FALSE(holds("9223372036854775807 + 1 == 0"));
  CHECK_FALSE(Comparison::parse("__import__('os')"));
  CHECK_FALSE(Comparison::parse("1 +"));
  CHECK_FALSE(Comparison::parse(std::string(10'000, '(')));
}

TEST_CASE("globs of paths") {
  CHECK(glob_matches("*.py", "a.py"));
  CHECK_FALSE(glob_matches("*.py", "a/b.py"));
  CHECK(glob_matches("**/b.py", "b.py"));
  CHECK(glob_matches("**/b.py", "a/c/b.py"));
  CHECK(glob_matches("a/**", "a/b/c"));
  CHECK(glob_matches("[!a-c]?.x", "dz.x"));
  CHECK_FALSE(glob_matches(std::string(50, '*') + "b", std::string(200, 'a')));
  PathFilter filter;
  filter.include = {"tests", "/top.py", "*.js"};
  CHECK(filter.admits("a/tests/b.py"));
  CHECK(filter.admits("x/y.js"));
  CHECK(filter.admits("top.py"));
  CHECK_FALSE(filter.admits("a/top.py"));
  filter.exclude = {"vendor/"};
  CHECK_FALSE(filter.admits("vendor/x/y.js"));
}

TEST_CASE("labels of taint") {
  CHECK(label_holds("A and (B or not C)", {"A"}));
  CHECK_FALSE(label_holds("A and B", {"A"}));
  CHECK_FALSE(label_formula_is_valid("A and"));
  CHECK_FALSE(label_formula_is_valid("(A"));
  CHECK_FALSE(label_formula_is_valid(std::string(10'000, '(')));
}

TEST_CASE("prefilter: a rule is tried only if its names are in the text") {
  const RuleSource source{"r.yaml",
                          "rules:\n- {id: a, languages: [python], severity: ERROR, message: m, "
                          "pattern-either: [{pattern: foo.bar($X)}, {pattern: baz(\"...\")}]}\n"};
  const LoadedRules loaded = load({&source, 1});
  REQUIRE(loaded.rules.size() == 1);
  const Prefilter& filter = loaded.rules.rules()[0].compiled.at("python")->prefilter;
  CHECK(filter.admits(Words("from foo import bar")));
  CHECK(filter.admits(Words("baz(1)")));
  CHECK_FALSE(filter.admits(Words("foobar(bazz)")));
}

TEST_CASE("metavariable names") {
  CHECK(is_metavariable("$X"));
  CHECK(is_metavariable("$X_1"));
  CHECK(is_metavariable("$...ARGS"));
  CHECK(is_metavariable("$1"));
  CHECK_FALSE(is_metavariable("$x"));
  CHECK_FALSE(is_metavariable("$"));
  CHECK_FALSE(is_metavariable("$..."));
  CHECK_FALSE(is_metavariable("X"));
}

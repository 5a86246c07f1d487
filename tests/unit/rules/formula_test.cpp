#include <doctest/doctest.h>
#include <ostream>

#include "run_rule.h"

using namespace sluice::rules::test;

TEST_CASE("patterns are joined by place and by metavariables") {
  const std::string_view text = "with lock:\n  f(a)\nf(b)\ng(a)\n";
  CHECK(run("python", R"(patterns:
- pattern: f($X)
- pattern-inside: |
    with lock:
      ...)",
            text)
            .lines == Lines{2});
  CHECK(run("python", R"(patterns:
- pattern: f($X)
- pattern-not-inside: |
    with lock:
      ...)",
            text)
            .lines == Lines{3});
  CHECK(run("python", R"(patterns:
- pattern-inside: |
    f($X)
    ...
- pattern: g($X))",
            text)
            .lines == Lines{});
}

TEST_CASE("pattern-not takes away only what agrees on the metavariables") {
  CHECK(run("python", R"(patterns:
- pattern: f($X, ...)
- pattern-not: f($X, $X)
- pattern-not: f(0, ...))",
            "f(1)\nf(1, 1)\nf(1, 2)\nf(0)\n")
            .lines == Lines{1, 3});
}

TEST_CASE("pattern-either and nested patterns") {
  CHECK(run("python", R"(pattern-either:
- pattern: f()
- patterns:
  - pattern: $X()
  - metavariable-regex: {metavariable: $X, regex: g|h}
  - pattern-not: h())",
            "f()\ng()\nh()\ni()\n")
            .lines == Lines{1, 2});
}

TEST_CASE("pattern-inside with a trailing ellipsis reaches to the end of the block") {
  CHECK(run("python", R"(patterns:
- pattern-inside: |
    $C = connect()
    ...
- pattern: $C.run())",
            "c = connect()\nc.run()\nif x:\n  c.run()\nd.run()\n")
            .lines == Lines{2, 4});
}

TEST_CASE("focus-metavariable reports the place of the metavariable") {
  const Outcome outcome = run("python", R"(patterns:
- pattern: f($X, $Y)
- focus-metavariable: $Y)",
                              "f(1,\n  two)\n");
  CHECK(outcome.texts == std::vector<std::string>{"two"});
  CHECK(run("python", R"(patterns:
- pattern: f($X, $Y)
- focus-metavariable: [$X, $Y])",
            "f(a, b)\n")
            .texts == std::vector<std::string>{"a", "b"});
}

TEST_CASE("metavariable-regex is anchored at the left and sees quotes") {
  const std::string_view text = "f('http://a')\nf(b)\n";
  CHECK(
      run("python", "patterns:\n- pattern: f($X)\n- metavariable-regex: {metavariable: $X, regex: b}\n", text)
          .lines == Lines{2});
  CHECK(run("python",
            "patterns:\n- pattern: f(\"$X\")\n- metavariable-regex: {metavariable: $X, regex: 'http:'}\n",
            text)
            .lines == Lines{1});
  CHECK(run("python",
            "patterns:\n- pattern: f($X)\n- metavariable-regex: {metavariable: $X, regex: 'http:'}\n", text)
            .lines == Lines{});
}

TEST_CASE("metavariable-pattern looks inside what is bound") {
  const std::string_view text = "f(g(1))\nf(h(1))\nf([g(1)])\nx = 3\nf(x)\n";
  CHECK(run("python",
            "patterns:\n- pattern: f($X)\n- metavariable-pattern: {metavariable: $X, pattern: g(...)}\n",
            text)
            .lines == Lines{1, 3});
  CHECK(run("python", R"(patterns:
- pattern: f($X)
- metavariable-pattern:
    metavariable: $X
    patterns:
    - pattern-not: g(...)
    - pattern-not: '3')",
            text)
            .lines == Lines{2, 3});
  CHECK(run("python", R"(patterns:
- pattern: f("$X")
- metavariable-pattern: {metavariable: $X, language: javascript, pattern: alert(...)})",
            "f('alert(1)')\nf('print(1)')\n")
            .lines == Lines{1});
}

TEST_CASE("metavariable-comparison calculates") {
  const std::string_view text = "chmod(p, 0o777)\nchmod(p, 0o600)\nchmod(p, m)\n";
  CHECK(run("python",
            "patterns:\n- pattern: chmod($P, $M)\n- metavariable-comparison: {metavariable: $M, comparison: "
            "$M > 0o700}\n",
            text)
            .lines == Lines{1});
  CHECK(run("python",
            "patterns:\n- pattern: f(\"$S\")\n- metavariable-comparison: {comparison: 'len($S) < 3'}\n",
            "f('ab')\nf('abcd')\n")
            .lines == Lines{1});
}

TEST_CASE("metavariable-type") {
  CHECK(run("python",
            "patterns:\n- pattern: $X + $Y\n- metavariable-type: {metavariable: $X, type: string}\n",
            "'a' + b\nb + 'a'\n")
            .lines == Lines{1});
}

TEST_CASE("pattern-regex and pattern-not-regex work on the text") {
  const Outcome outcome = run("python", R"(patterns:
- pattern-regex: '(?P<KEY>AK[0-9]{4})'
- pattern-not-regex: AK0000)",
                              "x = 'AK1234' # AK9999\ny = 'AK0000'\n");
  CHECK(outcome.texts == std::vector<std::string>{"AK1234", "AK9999"});
  CHECK(outcome.result.matches[0].metavariables.back().name == "$KEY");
}

TEST_CASE("rules for plain text run on any file") {
  const std::string yaml = rule_yaml("regex", "pattern-regex: ^begin (\\w+)");
  CHECK(run_yaml(yaml, "python", "x\nbegin here\n").lines == Lines{2});
}

TEST_CASE("messages and fixes are filled in") {
  const std::string yaml =
      "rules:\n- id: t\n  languages: [python]\n  severity: INFO\n  message: $F of $X, $1 and $UNKNOWN\n"
      "  fix: g($X)\n  pattern: $F($X)\n";
  const Outcome outcome = run_yaml(yaml, "python", "f(a + b)\n");
  REQUIRE(outcome.result.matches.size() == 1);
  CHECK(outcome.result.matches[0].message == "f of a + b, $1 and $UNKNOWN");
  CHECK(outcome.result.matches[0].fix == "g(a + b)");
  CHECK(outcome.result.matches[0].metavariables.size() == 2);
}

TEST_CASE("symbolic propagation follows assigned expressions, if the rule asks for it") {
  const std::string_view text = "x = a.b()\nx.c()\n";
  CHECK(run("python", "pattern: a.b().c()\noptions: {symbolic_propagation: true}\n", text).lines == Lines{2});
  CHECK(run("python", "pattern: a.b().c()\n", text).lines == Lines{});
}

TEST_CASE("one match for each rule and place") {
  CHECK(run("python", "pattern: f(..., $X, ...)\n", "f(1, 2, 3)\n").result.matches.size() == 1);
}

#include <doctest/doctest.h>
#include <ostream>

#include "run_rule.h"

using namespace sluice::rules::test;

namespace {

constexpr std::string_view k_rule = R"(mode: taint
pattern-sources:
- pattern: source(...)
pattern-sinks:
- pattern: sink(...)
pattern-sanitizers:
- pattern: clean(...)
)";

Lines py(std::string_view text) {
  return run("python", k_rule, text).lines;
}
Lines js(std::string_view text) {
  return run("javascript", k_rule, text).lines;
}

}  // namespace

TEST_CASE("taint flows through assignments and is ended by others") {
  CHECK(py("x = source()\nsink(x)\n") == Lines{2});
  CHECK(py("x = source()\ny = x\nx = 1\nsink(x)\nsink(y)\n") == Lines{5});
  CHECK(py("sink(source())\n") == Lines{1});
  CHECK(py("sink(x)\nx = source()\n") == Lines{});
}

TEST_CASE("taint flows through expressions") {
  CHECK(py("x = source()\nsink('a' + x)\nsink(f'{x}')\nsink([1, x])\nsink({'k': "
           "x})\nsink(x[0])\nsink(x.y)\n") == Lines{2, 3, 4, 5, 6, 7});
  CHECK(py("x = source()\nsink(f(x))\nsink(x.strip())\nsink(a if x else b)\nsink(k=x)\nsink(*x)\n") ==
        Lines{2, 3, 4, 5, 6});
  CHECK(py("x = source()\nsink([y for y in x if y])\n") == Lines{2});
}

TEST_CASE("a sanitizer cleans its value, not its argument") {
  CHECK(py("x = source()\nsink(clean(x))\ny = clean(x)\nsink(y)\nsink(x)\n") == Lines{5});
}

TEST_CASE("branches are joined") {
  CHECK(py("x = 1\nif c:\n  x = source()\nsink(x)\n") == Lines{4});
  CHECK(py("x = source()\nif c:\n  x = 1\nelse:\n  x = 2\nsink(x)\n") == Lines{});
  CHECK(py("x = source()\nif c:\n  x = 1\nsink(x)\n") == Lines{4});
  CHECK(py("try:\n  x = source()\nexcept E:\n  x = 1\nsink(x)\n") == Lines{5});
}

TEST_CASE("loops carry taint round") {
  CHECK(py("a = b = c = 1\nwhile k:\n  sink(c)\n  c = b\n  b = a\n  a = source()\n") == Lines{3});
  CHECK(py("for x in source():\n  sink(x)\n") == Lines{2});
}

TEST_CASE("fields are told apart") {
  CHECK(py("o.a = source()\nsink(o.b)\nsink(o.a)\nsink(o)\n") == Lines{3, 4});
  CHECK(py("o = source()\no.a = 1\nsink(o.a)\nsink(o.b)\n") == Lines{4});
  CHECK(py("d = {}\nd['a'] = source()\nsink(d['b'])\nsink(d['a'])\n") == Lines{4});
}

TEST_CASE("unpacking, with, walrus, augmented assignment") {
  CHECK(py("x, y = source(), 1\nsink(x)\nsink(y)\n") == Lines{2});
  CHECK(py("x, y = source()\nsink(y)\n") == Lines{2});
  CHECK(py("with source() as x:\n  sink(x)\n") == Lines{2});
  CHECK(py("if (x := source()):\n  sink(x)\n") == Lines{2});
  CHECK(py("x = 'a'\nx += source()\nsink(x)\n") == Lines{3});
}

TEST_CASE("functions are analysed apart, closures with what surrounds them") {
  CHECK(py("def f(x):\n  y = source()\n\ndef g(x):\n  sink(y)\n") == Lines{});
  CHECK(js("const x = source();\nlist.forEach((y) => { sink(x); });\n") == Lines{2});
  CHECK(js("const x = source();\nlist.forEach((x) => { sink(x); });\n") == Lines{});
}

TEST_CASE("a parameter can be a source, by the place of its name") {
  const std::string_view rule = R"(mode: taint
pattern-sources:
- patterns:
  - pattern: |
      def $F(..., $P, ...):
        ...
  - focus-metavariable: $P
pattern-sinks:
- pattern: sink(...))";
  CHECK(run("python", rule, "def f(a, b):\n  sink(b)\n  sink(c)\n").lines == Lines{2});
}

TEST_CASE("destructuring") {
  CHECK(js("const {a, b: c} = source();\nsink(a);\nsink(c);\nsink(b);\n") == Lines{2, 3});
  CHECK(js("const [a] = source();\nsink(a);\n") == Lines{2});
}

TEST_CASE("propagators") {
  CHECK(run("python",
            std::string(k_rule) + "pattern-propagators:\n- pattern: $L.append($X)\n  from: $X\n  to: $L\n",
            "l = []\nl.append(source())\nsink(l)\n")
            .lines == Lines{3});
  CHECK(py("l = []\nl.append(source())\nsink(l)\n") == Lines{});
}

TEST_CASE("labels") {
  const std::string_view rule = R"(mode: taint
pattern-sources:
- pattern: a()
  label: A
- pattern: b()
  label: B
pattern-sinks:
- pattern: sink(...)
  requires: A and not B)";
  CHECK(run("python", rule, "sink(a())\nsink(b())\nsink(a() + b())\n").lines == Lines{1});
}

TEST_CASE("the sink may be a part of an assignment, and focus says which") {
  const std::string_view rule = R"(mode: taint
pattern-sources:
- pattern: source()
pattern-sinks:
- patterns:
  - pattern: $E.innerHTML = $V
  - focus-metavariable: $V)";
  CHECK(run("javascript", rule, "e.innerHTML = source();\ne.textContent = source();\n").lines == Lines{1});
}

TEST_CASE("side effects of sources and sanitizers") {
  const std::string_view rule = R"(mode: taint
pattern-sources:
- patterns:
  - pattern: read($X)
  - focus-metavariable: $X
  by-side-effect: true
pattern-sinks:
- pattern: sink(...)
pattern-sanitizers:
- patterns:
  - pattern: check($X)
  - focus-metavariable: $X
  by-side-effect: true)";
  CHECK(run("python", rule, "read(x)\nsink(x)\ncheck(x)\nsink(x)\n").lines == Lines{2});
}

TEST_CASE("a trace names source and sink") {
  const Outcome outcome = run("python", k_rule, "x = source()\ny = x\nsink(y)\n");
  REQUIRE(outcome.result.matches.size() == 1);
  const auto& trace = outcome.result.matches[0].trace;
  REQUIRE(trace.size() >= 2);
  CHECK(trace.front().span.begin == 4);
  CHECK(trace.back().span == outcome.result.matches[0].span);
}

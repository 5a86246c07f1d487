#include <doctest/doctest.h>
#include <ostream>

#include "run_rule.h"

using namespace sluice::rules::test;

namespace {

Lines js(std::string_view pattern, std::string_view text) {
  return lines_of("javascript", pattern, text);
}
Lines ts(std::string_view pattern, std::string_view text) {
  return lines_of("typescript", pattern, text);
}

}  // namespace

TEST_CASE("javascript: assignments of every kind") {
  CHECK(js("$X = f()", "const a = f();\nlet b = f(), c = g();\nd = f();\nvar e = g();\n") == Lines{1, 2, 3});
  CHECK(js("var $X = f()", "const a = f();\nd = f();\n") == Lines{1});
}

TEST_CASE("javascript: a function expression matches arrows, a named one declarations") {
  CHECK(js("f(function (...) {...})",
           "f(function () { a; });\nf((x) => { b; });\nf(x => c);\nf(async () => {});\n") ==
        Lines{1, 2, 3, 4});
  CHECK(js("function $F(...) {...}", "function a() {}\nclass B { c(d) {} }\n") == Lines{1, 2});
  CHECK(js("function (...) {...}", "function a() {}\n") == Lines{});
  CHECK(js("function ... (..., $X, ...) {...}", "function a(b) {}\n(c) => c;\n") == Lines{1, 2});
}

TEST_CASE("javascript: an object pattern matches a bigger object") {
  CHECK(js("f({a: 1})", "f({a: 1})\nf({b: 2, 'a': 1, c})\nf({a: 2})\nf({})\n") == Lines{1, 2});
  CHECK(js("{a: $X, b: $X}", "f({b: 1, a: 1})\nf({a: 1, b: 2})\n") == Lines{1});
  CHECK(js("{$X}", "f({a})\nf({a: b})\n") == Lines{1});
  CHECK(js("a: 1", "f({a: 1})\n") == Lines{1});
}

TEST_CASE("javascript: templates") {
  CHECK(js("f(\"...\")", "f('a')\nf(`b`)\nf(`c${d}`)\nf(e)\n") == Lines{1, 2});
  CHECK(js("f(`...${$X}...`)", "f(`a${b}c`)\nf(`${b}`)\nf(`a`)\n") == Lines{1, 2});
  CHECK(js("f(`...`)", "f(`a${b}`)\nf(`a`)\nf('a')\n") == Lines{1, 2});
  CHECK(js("g`...`", "g`a${b}`\n") == Lines{1});
}

TEST_CASE("javascript: statements on one line and without semicolons") {
  CHECK(js("a();\n...\nb();", "a(); x(); b();\n") == Lines{1});
  CHECK(js("a()\n...\nb()", "a()\nx(() => { b() })\n") == Lines{1});
  CHECK(js("if ($C) { ... }", "if (a) b();\nif (c) { d(); } else { e(); }\n") == Lines{1, 2});
  CHECK(js("for (...) { ... }", "for (let i = 0; i < 3; ++i) { a(); }\nfor (const b of c) d();\n") ==
        Lines{1, 2});
  CHECK(js("while (...) { ... }", "while (a) { b(); }\n") == Lines{1});
  CHECK(js("try { ... } catch (...) { ... }", "try { a(); } catch (e) { b(); }\n") == Lines{1});
}

TEST_CASE("javascript: classes") {
  const std::string_view text = "class A extends B {\n  x = 1;\n  f() { g(); }\n}\n";
  CHECK(js("class $A extends B { ... }", text) == Lines{1});
  CHECK(js("class $A { ... f(...) { ... g(); ... } ... }", text) == Lines{1});
  CHECK(js("class $A extends C { ... }", text) == Lines{});
}

TEST_CASE("javascript: require and import give full names") {
  CHECK(js("m.f(...)", "const x = require('m');\nx.f();\n") == Lines{2});
  CHECK(js("m.f(...)", "const {f} = require('m');\nf();\n") == Lines{2});
  CHECK(js("m.f(...)", "const {f: g} = require('m');\ng();\n") == Lines{2});
  CHECK(js("m.f(...)", "import {f as g} from 'm';\ng();\n") == Lines{2});
  CHECK(js("m.f(...)", "import * as x from 'node:m';\nx.f();\n") == Lines{2});
  CHECK(js("m.f(...)", "require('m').f();\n") == Lines{1});
  CHECK(js("m.f(...)", "import x from 'other';\nx.f();\n") == Lines{});
}

TEST_CASE("javascript: import statements") {
  const std::string_view text =
      "import 'a';\nimport b from 'a';\nimport {c, d} from 'a';\nimport * as e from 'a/x';\nimport f from "
      "'b';\n";
  CHECK(js("import 'a'", text) == Lines{1, 2, 3, 4});
  CHECK(js("import $X from 'a'", text) == Lines{2});
  CHECK(js("import {d} from 'a'", text) == Lines{3});
  CHECK(js("import * as $X from 'a'", text) == Lines{4});
}

TEST_CASE("javascript: spread is not an ellipsis") {
  CHECK(js("f(...x)", "f(...x)\nf(x)\nf(1, x)\n") == Lines{1});
}

TEST_CASE("javascript: markup") {
  const std::string_view text = "const a = <B c={1} d=\"e\" f>g</B>;\nconst h = <I d=\"e\" />;\n";
  CHECK(js("<$X d=\"e\" ... />", text) == Lines{1, 2});
  CHECK(js("<$X c={$V} />", text) == Lines{1});
  CHECK(js("<$X c=... />", text) == Lines{1});
  CHECK(js("<I />", text) == Lines{2});
}

TEST_CASE("javascript: regular expressions, new, await, optional chains") {
  CHECK(js("new Foo(...)", "new Foo(1)\nnew Foo\nFoo(1)\n") == Lines{1, 2});
  CHECK(js("a.b()", "a?.b()\na.b()\n") == Lines{1, 2});
  CHECK(js("x.test(/a+/)", "x.test(/a+/)\nx.test(/b/)\n") == Lines{1});
}

TEST_CASE("typescript: types are no obstacle") {
  CHECK(ts("$X = f()", "const a: Foo = f() as Bar;\n") == Lines{1});
  CHECK(ts("f(g)", "f<number>(g!);\n") == Lines{1});
  CHECK(ts("function $F($A, $B) {...}", "function f(a: number, b?: string): void {}\n") == Lines{1});
  CHECK(ts("function $F($A: string) {...}", "function f(a: string) {}\nfunction g(a: number) {}\n") ==
        Lines{1});
}

TEST_CASE("javascript: a pattern with types is read by the TypeScript grammar") {
  CHECK(js("function ($A: string) {...}", "f(function (a) {})\n") == Lines{});
  CHECK(js("($X: number) + 1", "1 + 1\n'a' + 1\n") == Lines{1});
}

TEST_CASE("javascript: a name declared again is another variable") {
  CHECK(js("$X = f();\n...\ng($X);", "const a = f();\nconst a = h();\ng(a);\n") == Lines{});
  CHECK(js("$X = f();\n...\ng($X);", "const a = f();\nh();\ng(a);\n") == Lines{1});
}

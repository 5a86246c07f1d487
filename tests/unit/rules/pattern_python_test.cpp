#include <doctest/doctest.h>
#include <ostream>

#include "run_rule.h"

using namespace sluice::rules::test;

namespace {

Lines py(std::string_view pattern, std::string_view text) {
  return lines_of("python", pattern, text);
}

}  // namespace

TEST_CASE("a pattern matches every place where its code stands, whatever the layout") {
  CHECK(py("f(1, 2)", "f(1,2)\nf( 1,\n   2 )\nf(2, 1)\nx = [f(1, 2)]\n") == Lines{1, 2, 5});
  CHECK(py("f(1)", "# f(1)\n'f(1)'\n(f)(1)\nf((1))\n") == Lines{3, 4});
}

TEST_CASE("a metavariable stands for one expression, the same one each time") {
  CHECK(py("$X == $X", "a == a\na == b\na.b == a . b\nf(1) == f( 1 )\n") == Lines{1, 3, 4});
  CHECK(py("$F($X)", "f(1)\nf()\nf(1, 2)\na.b(c)\n") == Lines{1, 4});
  CHECK(py("f($_, $_)", "f(1, 2)\nf(1, 1)\n") == Lines{1, 2});
}

TEST_CASE("two variables of the same name are not the same metavariable") {
  const std::string_view text = "def a(x):\n  open_(x)\n\ndef b(x):\n  close_(x)\n";
  CHECK(py("open_($X)\n...\nclose_($X)", text) == Lines{});
  CHECK(py("open_($X)\n...\nclose_($X)", "def a(x):\n  open_(x)\n  close_(x)\n") == Lines{2});
}

TEST_CASE("an ellipsis stands for any arguments") {
  CHECK(py("f(...)", "f()\nf(1)\nf(1, b=2, *c)\ng()\n") == Lines{1, 2, 3});
  CHECK(py("f(..., 1, ...)", "f(1)\nf(0, 1, 2)\nf(0)\n") == Lines{1, 2});
  CHECK(py("f(1, ..., 2)", "f(1, 2)\nf(1, 0, 2)\nf(1, 2, 3)\n") == Lines{1, 2});
}

TEST_CASE("keyword arguments match in any order") {
  CHECK(py("f(a=1, b=2)", "f(b=2, a=1)\nf(a=1)\nf(a=1, b=2, c=3)\n") == Lines{1});
  CHECK(py("f(..., a=1, ...)", "f(x, b=2, a=1)\nf(x, b=1)\n") == Lines{1});
  CHECK(py("f($X, ..., a=$Y, ...)", "f(1, a=2)\nf(a=2)\n") == Lines{1});
}

TEST_CASE("a list metavariable takes a run of arguments") {
  CHECK(py("f($...A, 9)", "f(1, 2, 9)\nf(9)\nf(1)\n") == Lines{1, 2});
  CHECK(py("g(f($...A), h($...A))", "g(f(1, 2), h(1, 2))\ng(f(1), h(2))\n") == Lines{1});
}

TEST_CASE("string forms") {
  CHECK(py("f('a')", "f(\"a\")\nf('''a''')\nf('b')\n") == Lines{1, 2});
  CHECK(py("f(\"...\")", "f('x')\nf('')\nf(x)\nf(f'{x}')\nf('a' 'b')\nf('a' + 'b')\n") == Lines{1, 2, 5, 6});
  CHECK(py("f(f\"...\")", "f(f'{x}')\nf('x')\n") == Lines{1});
  CHECK(py("f(f\"...{$X}...\")", "f(f'a{b}c')\nf(f'{b}')\nf('a')\n") == Lines{1, 2});
  CHECK(py("f(\"=~/^a+$/\")", "f('aaa')\nf('aab')\n") == Lines{1});
  CHECK(py("f(\"$X\", $X)", "f('a', a)\nf('a', b)\n") == Lines{1});
}

TEST_CASE("an ellipsis between statements skips any, also into nested blocks") {
  const std::string_view pattern = "a()\n...\nb()";
  CHECK(py(pattern, "a()\nb()\n") == Lines{1});
  CHECK(py(pattern, "a()\nx()\ny()\nb()\n") == Lines{1});
  CHECK(py(pattern, "a()\nif c:\n  for d in e:\n    b()\n") == Lines{1});
  CHECK(py(pattern, "b()\na()\n") == Lines{});
  CHECK(py("a()\nb()", "a()\nb()\na()\nx()\nb()\n") == Lines{1});
}

TEST_CASE("an expression statement of a sequence is found inside statements") {
  CHECK(py("a()\n...\nb()", "x = a()\nreturn_(1)\nif b():\n  pass\n") == Lines{1});
  CHECK(py("$X = a()\n...\nb($X)", "y = a()\nz = [b(y)]\n") == Lines{1});
}

TEST_CASE("blocks") {
  CHECK(py("def f(...):\n  ...", "def f(a, b=1, *c):\n  x\n\ndef g():\n  y\n") == Lines{1});
  CHECK(py("def $F(..., $P, ...):\n  ...\n  return $P",
           "def f(a, b):\n  x\n  return b\n\ndef g(a):\n  return 1\n") == Lines{1});
  CHECK(py("if $C:\n  f()", "if a:\n  f()\nelse:\n  g()\n") == Lines{1});
  CHECK(py("try:\n  ...\nexcept $E:\n  ...", "try:\n  a\nexcept A:\n  b\nexcept B:\n  c\nfinally:\n  d\n") ==
        Lines{1});
  CHECK(py("for $X in $Y:\n  ...", "for a in b:\n  c\n") == Lines{1});
  CHECK(py("with open(...) as $F:\n  ...", "with open('x') as f:\n  f.read()\n") == Lines{1});
}

TEST_CASE("decorators match in any order and may be left out") {
  const std::string_view text = "@a\n@b(1)\ndef f():\n  pass\n\ndef g():\n  pass\n";
  CHECK(py("@b(...)\ndef $F(...):\n  ...", text) == Lines{1});
  CHECK(py("def $F(...):\n  ...", text) == Lines{1, 6});
  CHECK(py("@c\ndef $F(...):\n  ...", text) == Lines{});
}

TEST_CASE("classes and their bases") {
  const std::string_view text = "class A(B, C):\n  x = 1\n  def f(self):\n    pass\n";
  CHECK(py("class $C(..., C, ...):\n  ...", text) == Lines{1});
  CHECK(py("class A:\n  ...", text) == Lines{1});
  CHECK(py("class $C(...):\n  ...\n  def f(...):\n    ...", text) == Lines{1});
  CHECK(py("class $C(D):\n  ...", text) == Lines{});
}

TEST_CASE("types and defaults of parameters may be left out") {
  CHECK(py("def f(a, ...):\n  ...", "def f(a: int = 3, b=4):\n  pass\n") == Lines{1});
  CHECK(py("def f($A=$V):\n  ...", "def f(a=1):\n  pass\n\ndef f(a):\n  pass\n") == Lines{1});
}

TEST_CASE("deep expressions") {
  CHECK(py("f(<... x ...>)", "f(x)\nf([1, g(x)])\nf(y)\n") == Lines{1, 2});
  CHECK(py("if <... a and $B ...>:\n  ...", "if (a and b) or c:\n  pass\n") == Lines{1});
}

TEST_CASE("method chains") {
  CHECK(py("a. ... .b()", "a.b()\na.x().y().b()\nc.b()\na.x()\n") == Lines{1, 2});
}

TEST_CASE("dictionaries match in any order, and exactly unless there is an ellipsis") {
  CHECK(py("{'a': 1, 'b': $X}", "f({'b': 2, 'a': 1})\nf({'a': 1})\nf({'a': 1, 'b': 2, 'c': 3})\n") ==
        Lines{1});
  CHECK(py("{..., 'a': 1, ...}", "f({'b': 2, 'a': 1})\nf({'b': 2})\n") == Lines{1});
}

TEST_CASE("imports are followed to full names") {
  CHECK(py("a.b.f(...)", "from a.b import f\nf(1)\n") == Lines{2});
  CHECK(py("a.b.f(...)", "from a.b import f as g\ng(1)\nf(1)\n") == Lines{2});
  CHECK(py("a.b.f(...)", "import a.b as c\nc.f(1)\n") == Lines{2});
  CHECK(py("a.b.f(...)", "from a import b\nb.f(1)\n") == Lines{2});
  CHECK(py("a.b.f(...)", "import a.b\na.b.f(1)\n") == Lines{2});
  CHECK(py("a.f(...)", "f(1)\nfrom a import f\nf(1)\n") == Lines{3});
  CHECK(py("a.f(...)", "from b import f\nf(1)\n") == Lines{});
  CHECK(py("a.f(...)", "from a import f\ndef g(f):\n  f(1)\n") == Lines{});
  CHECK(py("a.$F(1)", "from a import f\nf(1)\n") == Lines{2});
}

TEST_CASE("import statements match by the beginning of the module's name") {
  CHECK(py("import a",
           "import a\nimport a.b\nfrom a import c\nfrom a.b import c\nimport b, a as x\nimport ab\n") ==
        Lines{1, 2, 3, 4, 5});
  CHECK(py("from a import $X", "from a import b\nfrom a import c, d\nimport a\n") == Lines{1, 2});
  CHECK(py("import a.b", "from a import b\n") == Lines{1});
}

TEST_CASE("constants are propagated") {
  CHECK(py("f('x')", "k = 'x'\nf(k)\nf(j)\n") == Lines{2});
  CHECK(py("f(\"...\")", "k = 'x' + 'y'\ndef g():\n  f(k)\n") == Lines{3});
  CHECK(py("f(1)", "k = 1\nk = 2\nf(k)\n") == Lines{});
  CHECK(py("f(2)", "k = 1\nk = 2\nf(k)\n") == Lines{3});
  CHECK(py("f(True)", "def g(c):\n  k = True\n  if c:\n    k = False\n  f(k)\n") == Lines{});
  CHECK(py("f('x')", "def g(k='x'):\n  f(k)\n") == Lines{});
  CHECK(py("f('x')", "k = 'x'\ndef g():\n  global k\n  k = h()\nf(k)\n") == Lines{});
}

TEST_CASE("typed metavariables") {
  CHECK(py("f(($X: str))", "f('a')\nf(1)\ndef g(a: str, b: int):\n  f(a)\n  f(b)\n") == Lines{1, 4});
}

TEST_CASE("comparison, boolean and other operators") {
  CHECK(py("$X is None", "a is None\na is not None\na == None\n") == Lines{1});
  CHECK(py("not $X", "not a\na\n") == Lines{1});
  CHECK(py("$X += 1", "a += 1\na -= 1\n") == Lines{1});
  CHECK(py("$X[$Y]", "a[b]\na.b\n") == Lines{1});
}

TEST_CASE("a walrus, an annotated and a chained assignment are assignments") {
  CHECK(py("$X = f()", "x: int = f()\nif (y := f()):\n  pass\nx += f()\n") == Lines{1, 2});
}

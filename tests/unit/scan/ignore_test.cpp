#include "scan/ignore.h"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

using sluice::scan::IgnoreFile;
using sluice::scan::IgnoreMatch;
using sluice::scan::IgnorePattern;
using sluice::scan::IgnoreStack;

namespace {

bool file(std::string_view pattern, std::string_view path) {
  return IgnorePattern(pattern).matches(path, false);
}
bool folder(std::string_view pattern, std::string_view path) {
  return IgnorePattern(pattern).matches(path, true);
}

}  // namespace

TEST_CASE("a pattern without a slash matches the name at any depth") {
  CHECK(file("build", "build"));
  CHECK(file("build", "a/b/build"));
  CHECK_FALSE(file("build", "build/x"));  // the folder is not entered instead
  CHECK_FALSE(file("build", "rebuild"));
  CHECK(file("*.o", "a/b.o"));
  CHECK_FALSE(file("*.o", "a.o/b"));
}

TEST_CASE("a slash at the start or inside anchors, one at the end asks for a folder") {
  CHECK(file("/build", "build"));
  CHECK_FALSE(file("/build", "a/build"));
  CHECK(file("a/build", "a/build"));
  CHECK_FALSE(file("a/build", "x/a/build"));
  CHECK(folder("build/", "a/build"));
  CHECK_FALSE(file("build/", "a/build"));
  CHECK(folder("a/build/", "a/build"));
  CHECK_FALSE(folder("a/build/", "x/a/build"));
}

TEST_CASE("two stars cross folders, one star does not") {
  CHECK(file("a/**/b", "a/b"));
  CHECK(file("a/**/b", "a/x/y/b"));
  CHECK_FALSE(file("a/**/b", "a/xb"));
  CHECK(file("**/b", "b"));
  CHECK(file("**/b", "x/y/b"));
  CHECK_FALSE(file("**/b", "xb"));
  CHECK(file("a/**", "a/x/y"));
  CHECK_FALSE(file("a/**", "a"));
  CHECK(file("a/*/b", "a/x/b"));
  CHECK_FALSE(file("a/*/b", "a/x/y/b"));
  CHECK(file("a/x**y", "a/xzzy"));
  CHECK_FALSE(file("a/x**y", "a/xz/zy"));
}

TEST_CASE("classes, question marks and escapes") {
  CHECK(file("a?c", "abc"));
  CHECK_FALSE(file("x/a?c", "x/a/c"));
  CHECK(file("[a-c]x", "bx"));
  CHECK_FALSE(file("[!a-c]x", "bx"));
  CHECK(file("[^a-c]x", "dx"));
  CHECK(file("[]-]x", "]x"));
  CHECK(file("[]-]x", "-x"));
  CHECK(file("[[:digit:]]x", "7x"));
  CHECK_FALSE(file("x/[!a]", "x//"));
  CHECK(file("\\!x", "!x"));
  CHECK(file("\\#x", "#x"));
  CHECK(file("a\\*b", "a*b"));
  CHECK_FALSE(file("a\\*b", "axb"));
}

TEST_CASE("a broken pattern matches nothing") {
  CHECK_FALSE(file("[abc", "a"));
  CHECK_FALSE(file("[abc", "[abc"));
  CHECK_FALSE(file("abc\\", "abc"));
  CHECK_FALSE(file("abc\\", "abc\\"));
  CHECK_FALSE(file("[[:nonsense:]]", "n"));
}

TEST_CASE("blank lines, comments, trailing spaces, CRLF and a byte order mark are not patterns") {
  const IgnoreFile ignore(
      "\xEF\xBB\xBF"
      "a\r\n\n# b\nc   \nd\\ \n");
  CHECK(ignore.match("a", false) == IgnoreMatch::ignore);
  CHECK(ignore.match("b", false) == IgnoreMatch::none);
  CHECK(ignore.match("c", false) == IgnoreMatch::ignore);
  CHECK(ignore.match("d ", false) == IgnoreMatch::ignore);
  CHECK(ignore.match("d", false) == IgnoreMatch::none);
}

TEST_CASE("the last matching line decides") {
  const IgnoreFile ignore("*.log\n!keep.log\nkeep.log\n!keep.log\n");
  CHECK(ignore.match("x.log", false) == IgnoreMatch::ignore);
  CHECK(ignore.match("keep.log", false) == IgnoreMatch::include);
}

TEST_CASE("deeper files win over outer ones, and .sluiceignore over git's") {
  const IgnoreFile outer("*.py\n/only-top\n");
  const IgnoreFile inner("!a.py\n");
  const IgnoreFile own("b.txt\n!c.py\n");
  IgnoreStack stack;
  stack.push_git(&outer, "");
  stack.push_git(&inner, "sub");
  stack.push_own(&own, "");
  CHECK(stack.decide("a.py", false).ignored);
  CHECK_FALSE(stack.decide("sub/a.py", false).ignored);
  CHECK(stack.decide("sub/z.py", false).ignored);
  CHECK(stack.decide("only-top", false).ignored);
  CHECK_FALSE(stack.decide("sub/only-top", false).ignored);
  CHECK_FALSE(stack.decide("subway/b.py.txt", false).ignored);
  CHECK_FALSE(stack.decide("c.py", false).ignored);
  CHECK(stack.decide("b.txt", false).ignored);
  CHECK_FALSE(stack.decide("b.txt", false).by_git);
  CHECK(stack.decide("z.py", false).by_git);
}

TEST_CASE("a pattern of many stars costs no more than its length") {
  std::string pattern;
  for (int i = 0; i < 400; ++i) pattern += "*a";
  CHECK_FALSE(file(pattern + "b", std::string(4000, 'a')));
  CHECK(file(pattern, std::string(4000, 'a')));
}

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ostream>

#include <doctest/doctest.h>

#include "syntax/dockerfile/lex.h"

namespace sluice::syntax::dockerfile {
namespace {

std::optional<std::string> lookup(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> values = {
      {"a", "one"}, {"empty", ""}, {"path", "/usr/local/lib.tar.gz"}, {"two", "x y"}};
  const auto at = values.find(name);
  return at == values.end() ? std::nullopt : std::optional(at->second);
}

std::string expanded(std::string_view word) {
  const Expansion result = expand(word, lookup);
  return result.ok() ? result.text : "error: " + result.error;
}

TEST_CASE("variables and their modifiers") {
  CHECK(expanded("$a-${a}") == "one-one");
  CHECK(expanded("${none:-d}${empty:-e}${empty-f}") == "de");
  CHECK(expanded("${a:+yes}${none:+no}${empty+set}") == "yesset");
  CHECK(expanded("${none:-${a:-x}}") == "one");
  CHECK(expanded("$1 $none.") == " .");
  CHECK(expanded("$") == "$");
  CHECK(expanded("\\$a") == "$a");
  CHECK(expanded("'$a' \"$a\"") == "$a one");
}

TEST_CASE("patterns remove and replace") {
  CHECK(expanded("${path#*/}") == "usr/local/lib.tar.gz");
  CHECK(expanded("${path##*/}") == "lib.tar.gz");
  CHECK(expanded("${path%.*}") == "/usr/local/lib.tar");
  CHECK(expanded("${path%%.*}") == "/usr/local/lib");
  CHECK(expanded("${path/l/L}") == "/usr/Local/lib.tar.gz");
  CHECK(expanded("${path//l/L}") == "/usr/LocaL/Lib.tar.gz");
  CHECK(expanded("${path/\\//:}") == ":usr/local/lib.tar.gz");
  CHECK(expanded("${path#?u}") == "sr/local/lib.tar.gz");
}

TEST_CASE("what the builder refuses is an error") {
  for (const char* word :
       {"${a", "${", "${}", "${:-x}", "'a", "\"a", "${a@Q}", "${a:0:1}", "${none:?gone}"}) {
    CAPTURE(word);
    CHECK_FALSE(expand(word, lookup).ok());
  }
  CHECK(expand("${none:?gone}", lookup).error == "none: gone");
}

TEST_CASE("words are split at blanks, also those of a value, but not in quotes") {
  CHECK(expand("80 $two 'p q' \"$two\"", lookup).words ==
        std::vector<std::string>{"80", "x", "y", "p q", "x y"});
}

TEST_CASE("used and unset names are told") {
  const Expansion result = expand("$a $b ${a} ${c:-$d}", lookup);
  CHECK(result.used == std::vector<std::string>{"a"});
  CHECK(result.unset == std::vector<std::string>{"b", "d", "c"});
}

TEST_CASE("unquote takes quotes and escapes away and leaves variables") {
  CHECK(unquote("\"a b\"'c'\\ d") == "a bc d");
  CHECK(unquote("$x${y:-z}") == "$x${y:-z}");
  CHECK(unquote("C:`\\x", '`') == "C:\\x");
  CHECK(unquote("'open") == "'open");
}

TEST_CASE("uses of variables with their ranges") {
  const std::string text = "$a ${b:-x$c} '$d' \\$e \"${f}\"";
  const auto uses = variables(text, {0, static_cast<std::uint32_t>(text.size())});
  REQUIRE(uses.size() == 5);
  CHECK(uses[0].range.of(text) == "$a");
  CHECK(uses[1].name == "b");
  CHECK(uses[1].modifier == ":-");
  CHECK(uses[1].operand.of(text) == "x$c");
  CHECK(uses[1].range.of(text) == "${b:-x$c}");
  CHECK(uses[2].range.of(text) == "$c");
  CHECK(uses[3].name == "d");
  CHECK(uses[3].single_quoted);
  CHECK_FALSE(uses[4].single_quoted);
}

TEST_CASE("a variable that never closes ends with the text") {
  const std::string text = "${a:-${b";
  const auto uses = variables(text, {0, 8});
  REQUIRE(uses.size() == 2);
  CHECK(uses[0].range.end == 8);
  CHECK(uses[1].range.end == 8);
}

TEST_CASE("deep nesting and huge patterns are errors, not hangs") {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "${n:-";
  CHECK_FALSE(expand(deep, lookup).ok());
  const std::string stars(5'000, '*');
  const auto huge = [](std::string_view) { return std::optional(std::string(100'000, 'a')); };
  CHECK_FALSE(expand("${x##" + stars + "b}", huge).ok());
}

}  // namespace
}  // namespace sluice::syntax::dockerfile

#include "scan/fix/structure.h"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "scan/fix/edits.h"

using namespace sluice;
using namespace sluice::scan;

namespace {

std::optional<std::string> damage(std::string_view text, const std::vector<Edit>& edits) {
  return dockerfile_damage(text, apply_edits(text, edits), edits);
}

Edit put(std::string_view text, std::string_view before, std::string what) {
  return {text.find(before), 0, std::move(what)};
}

std::optional<std::string> python_damage(std::string_view text, std::string_view part, std::string by) {
  const std::vector<Edit> edits{{text.find(part), part.size(), std::move(by)}};
  const std::string after = apply_edits(text, edits);
  syntax::Parser parser;
  const auto before_tree = parser.parse(*syntax::find_language("python"), text);
  const auto after_tree = parser.parse(*syntax::find_language("python"), after);
  REQUIRE(before_tree);
  REQUIRE(after_tree);
  return tree_damage(*before_tree, *after_tree, edits);
}

}  // namespace

TEST_CASE("an option, a new line and a removed instruction are no damage") {
  const std::string_view text = "FROM debian\nRUN apt-get install curl && make\nCMD x\nCMD y\n";
  CHECK_FALSE(damage(text, {put(text, " curl", " -y")}));
  CHECK_FALSE(damage(text, {put(text, "RUN", "SHELL [\"/bin/bash\", \"-c\"]\n")}));
  CHECK_FALSE(damage(text, {{text.find("CMD x"), 6, ""}}));
  CHECK_FALSE(damage(text, {put(text, "\nCMD x", " && rm -rf /x")}));
}

TEST_CASE("an edit that swallows or splits what it does not name is damage") {
  const std::string_view text = "FROM debian\nRUN a \\\n  && b c\nCMD x\n";
  CHECK(damage(text, {put(text, "\nCMD", " \\")}));          // CMD becomes a part of RUN
  CHECK(damage(text, {put(text, " && b", "\n")}));           // a blank line: the command is cut in two
  CHECK(damage(text, {put(text, "RUN", "# ")}));             // RUN becomes a comment, b an instruction
  CHECK(damage(text, {put(text, "a \\", "# ")}));            // b is swallowed by a shell comment
  CHECK(damage(text, {put(text, "c\n", "' ")}));             // an open quote
  CHECK(damage(text, {put(text, "FROM", "# escape=`\n")}));  // the escape character changes
  CHECK(damage(text, {put(text, "RUN", "HEALTH x\n")}));     // an unknown instruction
  CHECK(damage(text, {{text.find("RUN"), 3, "RUM"}}));
}

TEST_CASE("comments outside of an edit stay") {
  const std::string_view text = "FROM debian\n# one\nRUN a \\\n# two\n && b\n# three\n";
  CHECK_FALSE(damage(text, {put(text, " \\", " -y")}));
  CHECK(damage(text, {{text.find("# two"), 6, "#\n"}, {text.find("# one"), 1, ""}}));
}

TEST_CASE("heredoc bodies outside of an edit stay, an edit inside one is seen") {
  const std::string_view text = "FROM debian\nRUN <<EOF\na\nb\nEOF\nRUN c\n";
  CHECK_FALSE(damage(text, {put(text, "a\nb", "set -e\n")}));
  CHECK(damage(text, {put(text, "a\nb", "EOF\n")}));
}

TEST_CASE("a syntax error that was there is no reason, a new one is") {
  CHECK_FALSE(python_damage("x = (\nf(a)\n", "f(a)", "g(a)"));
  CHECK(python_damage("x = f(a)\n", "f(a)", "f(a"));
}

TEST_CASE("a replacement must hold together where it stands") {
  CHECK(python_damage("x = a * f(b)\n", "f(b)", "b + c"));
  CHECK_FALSE(python_damage("x = a * f(b)\n", "f(b)", "(b + c)"));
  CHECK_FALSE(python_damage("x = f(b)\n", "f(b)", "b + c"));
  CHECK_FALSE(python_damage("f(b)\ny = 1\n", "f(b)", "g(b)\nh(b)"));
}

TEST_CASE("a replacement that changes how other text is read is damage") {
  CHECK(python_damage("f(a)\ny = 1\nz = 2\n", "f(a)", "'''"));
}

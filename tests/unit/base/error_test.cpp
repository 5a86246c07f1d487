#include <ostream>

#include <doctest/doctest.h>

#include "base/result.h"
#include "base/span.h"

using namespace sluice;

namespace {

Error sample() {
  Error error{ErrorKind::config, "config.unknown-key", "unknown key \"stagse\"", std::nullopt, "", {}};
  error.where = Place{"sluice.yaml", 3, 1, "stagse:"};
  return error;
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorKind::invalid, "test.odd", "odd");
  return value / 2;
}
Result<int> quarter(int value) {
  const int once = SLUICE_TRY(half(value));
  return SLUICE_TRY(half(once));
}
Status checked(int value) {
  SLUICE_CHECK(half(value));
  return {};
}

}  // namespace

TEST_CASE(
    "an error says what happened, where with the line shown, while doing "
    "what, and what to do") {
  Error error = with_context(sample(), "reading the policy");
  error.hint = "the nearest known key is \"stages\"";
  CHECK(to_string(error) ==
        "error: unknown key \"stagse\" [config.unknown-key]\n"
        "  --> sluice.yaml:3:1\n"
        "   |\n"
        " 3 | stagse:\n"
        "   | ^\n"
        "  while reading the policy\n"
        "  hint: the nearest known key is \"stages\"");
}

TEST_CASE("an error without a place is one line") {
  CHECK(to_string(fail(ErrorKind::io, "file.open", "cannot open x").value()) ==
        "error: cannot open x [file.open]");
  CHECK(to_string(fail_errno("file.open", "cannot open x", 2).value()) ==
        "error: cannot open x: No such file or directory [file.open]");
}

TEST_CASE("contexts are printed innermost first") {
  const Error error =
      with_context(with_context(fail(ErrorKind::io, "a.b", "m").value(), "reading layer 2"), "opening x");
  CHECK(to_string(error) == "error: m [a.b]\n  while reading layer 2\n  while opening x");
}

TEST_CASE("the marker stands below its column, tabs kept, wide numbers aligned") {
  Error error = sample();
  error.where = Place{"f", 120, 4, "\té\tx"};
  CHECK(to_string(error) ==
        "error: unknown key \"stagse\" [config.unknown-key]\n"
        "  --> f:120:4\n"
        "     |\n"
        " 120 | \té\tx\n"
        "     | \t \t^");
}

TEST_CASE("foreign text in an error cannot command a terminal or begin a line") {
  Error error = sample();
  error.message = "bad name \"a\n::error::x\x1b[2J\"";
  error.where = Place{"dir\r/f\x07", 1, 3,
                      "\x1b]0;t\x07"
                      "a\xe2\x80\xae"
                      "b\xff\xc2\x9b"};
  error.hint = "rename \x7f";
  CHECK(to_string(error) ==
        "error: bad name \"a\\x0a::error::x\\x1b[2J\" [config.unknown-key]\n"
        "  --> dir\\x0d/f\\x07:1:3\n"
        "   |\n"
        " 1 | \\x1b]0;t\\x07a\\xe2\\x80\\xaeb\\xff\\xc2\\x9b\n"
        "   |      ^\n"
        "  hint: rename \\x7f");
}

TEST_CASE("of a very long line the part around the place is shown") {
  Error error = sample();
  error.where = Place{"f", 1, 5000, std::string(4999, 'a') + "X" + std::string(100'000, 'b')};
  const std::string text = to_string(error);
  CHECK(text.size() < 600);
  CHECK(text.find("… aaaa") != std::string::npos);
  CHECK(text.find("aXb") != std::string::npos);
  // The marker stands below the X: both lines begin with the same gutter, and "… " is two columns.
  const std::size_t line = text.find(" 1 | ") + 5;
  const std::size_t marker_line = text.find("   | ", line) + 5;
  const std::size_t bytes_of_ellipsis = 3;
  CHECK(text.find('X', line) - line - (bytes_of_ellipsis - 1) == text.find('^', marker_line) - marker_line);
}

TEST_CASE("SLUICE_TRY yields the value or returns the error") {
  CHECK(quarter(8).value() == 2);
  CHECK(quarter(6).error().code == "test.odd");
  CHECK(checked(2).has_value());
  CHECK(checked(1).error().code == "test.odd");
}

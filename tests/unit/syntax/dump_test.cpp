#include <string>
#include <string_view>

#include <ostream>

#include <doctest/doctest.h>

#include "syntax/dockerfile/buildkit_dump.h"

namespace sluice::syntax::dockerfile {
namespace {

std::string dump(std::string_view text) {
  return buildkit_dump(parse_document(text));
}

TEST_CASE("words, text, pairs and JSON items are quoted strings") {
  CHECK(dump("FROM a AS b\nRUN x && y\nENV A=1 B=\"c d\"\nLABEL k some text\nCMD [\"a\", \"b\"]\n") ==
        "(from \"a\" \"AS\" \"b\")\n"
        "(run \"x && y\")\n"
        "(env \"A\" \"1\" \"=\" \"B\" \"\\\"c d\\\"\" \"=\")\n"
        "(label \"k\" \"some text\" \"\")\n"
        "(cmd \"a\" \"b\")");
}

TEST_CASE("flags stand in brackets, without their quotes") {
  CHECK(dump("COPY --from=x --chown='a b' c d\n") == "(copy [\"--from=x\" \"--chown=a b\"] \"c\" \"d\")");
  CHECK(dump("CMD --x -- [ ]\n") == "(cmd [\"--x\"])");
}

TEST_CASE("ONBUILD holds its child") {
  CHECK(dump("ONBUILD run a\n") == "(onbuild (run \"a\"))");
}

TEST_CASE("an unknown instruction has one empty string") {
  CHECK(dump("Foo bar\n") == "(foo \"\")");
}

TEST_CASE("heredocs are not part of the dump") {
  CHECK(dump("RUN <<E\nx\nE\n") == "(run \"<<E\")");
}

TEST_CASE("characters are escaped as Go does") {
  CHECK(dump("USER \"\\\t\x01\x7f\xC2\xA0\xE2\x98\x83\xF0\x9F\x98\x80\xE2\x80\x8B\xff.\n") ==
        "(user \"\\\"\\\\\\t\\x01\\x7f\\u00a0\xE2\x98\x83\xF0\x9F\x98\x80\\u200b\\xff.\")");
}

TEST_CASE("nothing gives nothing") {
  CHECK(dump("").empty());
  CHECK(dump("# x\n").empty());
}

}  // namespace
}  // namespace sluice::syntax::dockerfile

#include "scan/fingerprint.h"

#include <ostream>

#include <doctest/doctest.h>

using namespace sluice::scan;

TEST_CASE("white space does not change a fingerprint, text does") {
  const auto of = [](std::string_view text) {
    return Fingerprinter().next("rule", "a.py", fingerprint_text(text));
  };
  CHECK(of("eval(x,\n      y)") == of("  eval(x,\ty) \r\n"));
  CHECK(of("eval(x, y)") != of("eval(x, z)"));
}

TEST_CASE("rule, path and text cannot be mistaken for each other") {
  Fingerprinter prints;
  const std::string a = prints.next("ab", "c", "d");
  CHECK(a != prints.next("a", "bc", "d"));
  CHECK(a != prints.next("ab", "cd", ""));
}

TEST_CASE("equal findings are told apart by their number, in order") {
  Fingerprinter prints;
  const std::string first = prints.next("rule", "a.py", "x");
  const std::string second = prints.next("rule", "a.py", "x");
  CHECK(first.size() == 32 + 2);
  CHECK(first.substr(0, 32) == second.substr(0, 32));
  CHECK(first.ends_with(":1"));
  CHECK(second.ends_with(":2"));
  CHECK(prints.next("rule", "b.py", "x").ends_with(":1"));
}

TEST_CASE("the definition of version 1 stays as it is: stored baselines depend on it") {
  // sha256("sluice.fingerprint/v1\0docker.x\0Dockerfile\0FROM a") by sha256sum(1).
  CHECK(Fingerprinter().next("docker.x", "Dockerfile", "FROM a") == "dd942acd82903b6ce7c95825243e85c9:1");
}

TEST_CASE("paths are normalised") {
  CHECK(normalise_path("./a//b/../c") == "a/c");
  CHECK(normalise_path(".").empty());
  CHECK(normalise_path("../a") == "../a");
  CHECK(normalise_path("a/../../b") == "../b");
  CHECK(normalise_path("/../a/") == "/a");
}

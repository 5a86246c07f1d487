#include "scan/fix/unified_diff.h"

#include <ostream>

#include <doctest/doctest.h>

using namespace sluice::scan;

TEST_CASE("equal texts have no diff") {
  CHECK(unified_diff("f", "a\n", "a\n").empty());
}

TEST_CASE("a diff has git's headers, three lines of context, and line ends as they are") {
  CHECK(unified_diff("d/f", "1\n2\n3\n4\n5\r\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\r\n6\n7\n8\n9\n") ==
        "diff --git a/d/f b/d/f\n--- a/d/f\n+++ b/d/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\r\n+five\r\n 6\n 7\n "
        "8\n");
}

TEST_CASE("a missing newline at the end is said, on the side where it is missing") {
  CHECK(
      unified_diff("f", "a", "a\nb") ==
      "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No "
      "newline at end of file\n");
}

TEST_CASE("an insertion at the start and one far away are two hunks") {
  CHECK(unified_diff("f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nX\n") ==
        "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -7,3 +8,4 @@\n 7\n 8\n "
        "9\n+X\n");
}

TEST_CASE("names are written as git reads them") {
  CHECK(unified_diff("a b", "1", "2").starts_with("diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n"));
  CHECK(unified_diff("\xC3\xA4\"\n", "1", "2").starts_with("diff --git \"a/\\303\\244\\\"\\012\" "));
  CHECK(unified_diff("/abs", "1", "2").starts_with("diff --git a/abs b/abs\n"));
}

TEST_CASE("texts too different to align are replaced as a whole, and the diff still is right") {
  std::string a;
  std::string b;
  for (int i = 0; i < 3'000; ++i) {
    a += "a" + std::to_string(i) + "\n";
    b += "b" + std::to_string(i) + "\n";
  }
  const std::string diff = unified_diff("f", a, b);
  CHECK(diff.find("@@ -1,3000 +1,3000 @@") != std::string::npos);
}

#include "scan/fix/edits.h"

#include <ostream>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::scan;

TEST_CASE("edits are applied from left to right, an insertion before a replacement at its place") {
  CHECK(apply_edits("abcdef", {{0, 1, "X"}, {3, 0, "--"}, {3, 2, "DE"}, {6, 0, "!"}}) == "Xbc--DEf!");
}

TEST_CASE("edits out of bounds, overlapping, without effect or none at all are not valid") {
  CHECK(edits_are_valid({{0, 1, "x"}, {1, 0, "y"}}, 3));
  CHECK_FALSE(edits_are_valid({}, 3));
  CHECK_FALSE(edits_are_valid({{4, 0, "x"}}, 3));
  CHECK_FALSE(edits_are_valid({{2, 2, "x"}}, 3));
  CHECK_FALSE(edits_are_valid({{UINT64_MAX, 2, "x"}}, 3));
  CHECK_FALSE(edits_are_valid({{0, 2, "x"}, {1, 1, "y"}}, 3));
  CHECK_FALSE(edits_are_valid({{1, 0, "x"}, {1, 0, "y"}}, 3));  // which is first?
  CHECK_FALSE(edits_are_valid({{1, 0, ""}}, 3));
}

TEST_CASE("two insertions at one place conflict, neighbours do not") {
  const auto conflict = [](const std::vector<Edit>& a, const std::vector<Edit>& b) {
    EditGroup group;
    REQUIRE(group.add(a));
    return !group.add(b);
  };
  CHECK(conflict({{1, 0, "x"}}, {{1, 0, "y"}}));
  CHECK(conflict({{1, 3, "x"}}, {{2, 0, "y"}}));
  CHECK(conflict({{2, 0, "y"}}, {{1, 3, "x"}}));
  CHECK(conflict({{0, 1, "a"}, {5, 4, "x"}}, {{3, 0, "y"}, {8, 3, "z"}}));
  CHECK(conflict({{5, 1, "x"}}, {{1, 9, "y"}}));
  CHECK_FALSE(conflict({{1, 3, "x"}}, {{4, 1, "y"}}));
  CHECK_FALSE(conflict({{1, 3, "x"}}, {{4, 0, "y"}}));
  CHECK_FALSE(conflict({{4, 2, "x"}}, {{4, 0, "y"}}));
}

TEST_CASE("a place of the old text is found in the new one, and back") {
  const std::vector<Edit> edits{{2, 0, "++"}, {4, 2, "x"}};  // "ab++cdx" of "abcdef"
  CHECK(apply_edits("abcdefg", edits) == "ab++cdxg");
  CHECK(new_offset(edits, 0, Side::behind) == 0);
  CHECK(new_offset(edits, 2, Side::before) == 2);
  CHECK(new_offset(edits, 2, Side::behind) == 4);
  CHECK(new_offset(edits, 4, Side::before) == 6);
  CHECK(new_offset(edits, 5, Side::behind) == 7);
  CHECK(new_offset(edits, 6, Side::before) == 7);
  for (const std::uint32_t offset : {0U, 1U, 3U, 6U, 7U}) {
    CHECK(old_offset(edits, new_offset(edits, offset, Side::behind)) == offset);
  }
  CHECK(old_offset(edits, 3) == 2);  // inside what was inserted
  CHECK(new_range(edits, 1) == Span{6, 7});
}

#include "base/span.h"

#include <ostream>

#include <doctest/doctest.h>

using namespace sluice;

namespace {

void check(const LineIndex& index, std::size_t offset, std::uint32_t line, std::uint32_t column) {
  CAPTURE(offset);
  const LineColumn at = index.at(offset);
  CHECK(at.line == line);
  CHECK(at.column == column);
}

}  // namespace

TEST_CASE("LineIndex: lines by LF; the end is a place too") {
  const std::string text = "ab\n\ncd";
  const LineIndex index(text);
  CHECK(index.line_count() == 3);
  check(index, 0, 1, 1);
  check(index, 2, 1, 3);
  check(index, 3, 2, 1);
  check(index, 4, 3, 1);
  check(index, 6, 3, 3);
  check(index, 7, 3, 3);
  check(index, static_cast<std::size_t>(-1), 3, 3);
  CHECK(index.line(1) == "ab");
  CHECK(index.line(2).empty());
  CHECK(index.line(3) == "cd");
  CHECK(index.line(0).empty());
  CHECK(index.line(4).empty());
  CHECK(index.line_start(3) == 4);
  CHECK(index.line_start(4) == text.size());
}

TEST_CASE("LineIndex: an empty text has one empty line, a final LF begins one more") {
  const LineIndex empty("");
  CHECK(empty.line_count() == 1);
  check(empty, 0, 1, 1);
  const std::string text = "a\n";
  const LineIndex index(text);
  CHECK(index.line_count() == 2);
  check(index, 2, 2, 1);
}

TEST_CASE("LineIndex: CRLF ends a line and is no part of it; a lone CR does not") {
  const std::string text = "ab\r\nc\rd\r\n";
  const LineIndex index(text);
  CHECK(index.line_count() == 3);
  CHECK(index.line(1) == "ab");
  CHECK(index.line(2) == "c\rd");
  check(index, 4, 2, 1);
  check(index, 6, 2, 3);
}

TEST_CASE("LineIndex: columns count code points") {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
  const LineIndex index(text);
  check(index, 1, 1, 2);
  check(index, 3, 1, 3);
  check(index, 6, 1, 4);
  check(index, 10, 1, 5);
  SUBCASE("an offset inside a code point has its column") {
    check(index, 2, 1, 2);
    check(index, 4, 1, 3);
    check(index, 9, 1, 4);
  }
}

TEST_CASE("LineIndex: a byte of no well-formed sequence is a column of its own") {
  const std::string text =
      "\xff\xc3"
      "a\x80\xe2\x82";
  const LineIndex index(text);
  check(index, 1, 1, 2);
  check(index, 2, 1, 3);
  check(index, 3, 1, 4);
  check(index, 4, 1, 5);
  check(index, 6, 1, 7);
}

TEST_CASE("LineIndex: a byte order mark has no column") {
  const std::string text =
      "\xef\xbb\xbf"
      "ab\n\xef\xbb\xbf"
      "c";
  const LineIndex index(text);
  check(index, 0, 1, 1);
  check(index, 2, 1, 1);
  check(index, 3, 1, 1);
  check(index, 4, 1, 2);
  CHECK(index.line(1) == "ab");
  check(index, 9, 2, 2);  // further on it is a character like others
  const std::string only = "\xef\xbb\xbf";
  check(LineIndex(only), 3, 1, 1);
}

TEST_CASE("LineIndex: columns of a long line are those of a count from its start") {
  std::string text = "\xEF\xBB\xBFshort\n";
  for (int i = 0; i < 3000; ++i)
    text += i % 3 == 0 ? "\xC3\xA9\xE2\x82\xAC" : i % 3 == 1 ? "a\xFF\xC3" : "\xF0\x9F\x98\x80z";
  text += "\n" + std::string(9000, 'x') + "\xE2\x82";
  const LineIndex lines(text);
  std::uint32_t line = 2;
  std::uint32_t column = 1;
  const std::size_t begin = lines.line_start(2);
  for (std::size_t at = begin; at < text.size();) {
    CHECK(lines.at(at) == LineColumn{line, column});
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t size = lead == 0xC3 && text[at + 1] == '\xA9' ? 2
                       : lead == 0xE2 && at + 2 < text.size() ? 3
                       : lead == 0xF0                         ? 4
                                                              : 1;
    if (text[at] == '\n') {
      ++line;
      column = 0;
    }
    at += size;
    ++column;
  }
  CHECK(line == 3);
}

TEST_CASE("LineIndex: a place carries path and line") {
  const std::string text = "one\ntwo\r\n";
  const Place place = LineIndex(text).place("f", 5);
  CHECK(place.path == "f");
  CHECK(place.line == 2);
  CHECK(place.column == 2);
  CHECK(place.line_text == "two");
}

TEST_CASE("Span: half-open") {
  const Span span{2, 4};
  CHECK(span.size() == 2);
  CHECK(span.of("abcdef") == "cd");
  CHECK(span.contains({2, 4}));
  CHECK(span.contains({3, 3}));
  CHECK_FALSE(span.contains({3, 5}));
  CHECK(Span{3, 3}.empty());
}

// Span: a half-open byte range [begin, end) of one source text. All analysis speaks in spans; lines and
// columns are computed at the last moment by LineIndex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice {

struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] std::uint32_t size() const { return end - begin; }
  [[nodiscard]] bool empty() const { return begin == end; }
  [[nodiscard]] bool contains(Span inner) const { return begin <= inner.begin && inner.end <= end; }
  [[nodiscard]] std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
  friend bool operator==(const Span&, const Span&) = default;
  friend auto operator<=>(const Span&, const Span&) = default;
};

struct LineColumn {
  std::uint32_t line = 1;    // from 1
  std::uint32_t column = 1;  // from 1, in UTF-8 code points; an invalid byte counts as one
  friend bool operator==(const LineColumn&, const LineColumn&) = default;
};

// Maps byte offsets of one text to lines and columns. A line ends with LF or CRLF; a
// lone CR does not end a line. A UTF-8 byte order mark at the start has no column of
// its own. Holds a view: the text must outlive it.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);

  [[nodiscard]] LineColumn at(std::size_t offset) const;  // offsets past the end give the end
  [[nodiscard]] std::size_t line_count() const { return starts_.size(); }
  [[nodiscard]] std::string_view line(
      std::uint32_t number) const;  // from 1, without its end; "" if out of range
  [[nodiscard]] std::size_t line_start(std::uint32_t number) const;  // byte offset; text size if out of range
  [[nodiscard]] Place place(std::string path, std::size_t offset) const;

 private:
  // A place inside a long line whose column is known, so that `at` need not count from the line's start: a
  // file of one line may have thousands of findings.
  struct Mark {
    std::uint32_t offset = 0;
    std::uint32_t columns = 0;  // code points of the line before it
  };
  void mark_line(std::size_t begin, std::size_t end);

  std::string_view text_;
  std::vector<std::uint32_t> starts_;
  std::vector<Mark> marks_;  // ascending
};

}  // namespace sluice

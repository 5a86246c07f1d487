#include "base/span.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace sluice {
namespace {

constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t k_mark_distance = 4096;  // bytes; shorter lines have no marks

// Bytes of the column that begins at `at`.
std::size_t column_size(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0xC2) return 1;
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return is_utf8(text.substr(at, size)) ? size : 1;
}

// Code points of text[begin, end) that are complete before `end`, so that an offset inside one has its
// column. A byte that belongs to no well-formed sequence counts as one.
std::uint32_t count_columns(std::string_view text, std::size_t begin, std::size_t end) {
  std::uint32_t count = 0;
  while (begin < end) {
    begin += column_size(text, begin);
    if (begin <= end) ++count;
  }
  return count;
}

}  // namespace

LineIndex::LineIndex(std::string_view text) : text_(text) {
  starts_.push_back(0);
  // memchr is several times faster than a loop over bytes, and this runs over every file scanned.
  const char* const begin = text.data();
  std::size_t from = 0;
  while (from < text.size()) {
    const void* hit = std::memchr(begin + from, '\n', text.size() - from);
    if (hit == nullptr) break;
    const std::size_t next = static_cast<std::size_t>(static_cast<const char*>(hit) - begin) + 1;
    mark_line(from, next);
    from = next;
    starts_.push_back(static_cast<std::uint32_t>(from));
  }
  mark_line(from, text.size());
}

void LineIndex::mark_line(std::size_t begin, std::size_t end) {
  if (end - begin <= k_mark_distance) return;
  if (begin == 0 && text_.starts_with(k_byte_order_mark)) begin = k_byte_order_mark.size();
  std::uint32_t columns = 0;
  std::size_t next = begin + k_mark_distance;
  for (std::size_t at = begin; at < end; at += column_size(text_, at), ++columns) {
    if (at < next) continue;
    marks_.push_back({static_cast<std::uint32_t>(at), columns});
    next = at + k_mark_distance;
  }
}

LineColumn LineIndex::at(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto number = static_cast<std::uint32_t>(after - starts_.begin());
  std::size_t begin = starts_[number - 1];
  if (number == 1 && text_.starts_with(k_byte_order_mark))
    begin = std::min(k_byte_order_mark.size(), text_.size());
  if (offset <= begin) return {number, 1};
  std::uint32_t columns = 0;
  const auto mark = std::upper_bound(marks_.begin(), marks_.end(), offset,
                                     [](std::size_t place, const Mark& m) { return place < m.offset; });
  if (mark != marks_.begin() && std::prev(mark)->offset > begin) {
    begin = std::prev(mark)->offset;
    columns = std::prev(mark)->columns;
  }
  return {number, columns + count_columns(text_, begin, offset) + 1};
}

std::size_t LineIndex::line_start(std::uint32_t number) const {
  return number >= 1 && number <= starts_.size() ? starts_[number - 1] : text_.size();
}

std::string_view LineIndex::line(std::uint32_t number) const {
  if (number < 1 || number > starts_.size()) return {};
  const std::size_t begin = starts_[number - 1];
  const std::size_t end = number < starts_.size() ? starts_[number] : text_.size();
  std::string_view line = text_.substr(begin, end - begin);
  if (line.ends_with('\n')) {
    line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  if (number == 1 && line.starts_with(k_byte_order_mark)) line.remove_prefix(k_byte_order_mark.size());
  return line;
}

Place LineIndex::place(std::string path, std::size_t offset) const {
  const LineColumn where = at(offset);
  return {std::move(path), where.line, where.column, std::string(line(where.line))};
}

}  // namespace sluice

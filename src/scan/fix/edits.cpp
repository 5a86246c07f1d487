#include "scan/fix/edits.h"

#include <algorithm>

namespace sluice::scan {
namespace {

std::uint64_t end_of(const Edit& edit) {
  return edit.offset + edit.length;
}

bool overlap(const Edit& a, const Edit& b) {
  if (a.length == 0 && b.length == 0) return a.offset == b.offset;
  if (a.length == 0) return b.offset < a.offset && a.offset < end_of(b);
  if (b.length == 0) return a.offset < b.offset && b.offset < end_of(a);
  return a.offset < end_of(b) && b.offset < end_of(a);
}

}  // namespace

bool edits_are_valid(const std::vector<Edit>& edits, std::size_t text_size) {
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const Edit& edit = edits[i];
    if (edit.offset > text_size || edit.length > text_size - edit.offset) return false;
    if (edit.length == 0 && edit.text.empty()) return false;
    if (i > 0 && (edit.offset < end_of(edits[i - 1]) || overlap(edits[i - 1], edit))) return false;
  }
  return !edits.empty();
}

bool EditGroup::add(const std::vector<Edit>& edits) {
  for (const Edit& edit : edits) {
    auto at = by_offset_.lower_bound(edit.offset);
    // What is there does not overlap, so that of all before only the last can reach this far.
    if (at != by_offset_.begin() && overlap(*std::prev(at)->second, edit)) return false;
    for (; at != by_offset_.end() && at->first <= end_of(edit); ++at) {
      if (overlap(*at->second, edit)) return false;
    }
  }
  for (const Edit& edit : edits) by_offset_.emplace(edit.offset, &edit);
  return true;
}

std::vector<Edit> sorted_edits(std::vector<Edit> edits) {
  // An insertion stands before a replacement that begins where it is.
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& x, const Edit& y) {
    return x.offset != y.offset ? x.offset < y.offset : x.length < y.length;
  });
  return edits;
}

std::string apply_edits(std::string_view text, const std::vector<Edit>& edits) {
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    out += text.substr(at, edit.offset - at);
    out += edit.text;
    at = end_of(edit);
  }
  out += text.substr(at);
  return out;
}

std::uint32_t new_offset(const std::vector<Edit>& edits, std::uint32_t offset, Side side) {
  std::int64_t shift = 0;
  for (const Edit& edit : edits) {
    const auto grown = static_cast<std::int64_t>(edit.text.size()) - static_cast<std::int64_t>(edit.length);
    const bool inside =
        edit.length == 0 ? edit.offset == offset : edit.offset <= offset && offset < end_of(edit);
    if (inside) {
      const auto start = static_cast<std::int64_t>(edit.offset) + shift;
      // The first replaced byte is where the replacement begins, whichever side is asked for.
      const bool at_start = side == Side::before || (edit.length > 0 && offset == edit.offset);
      return static_cast<std::uint32_t>(at_start ? start
                                                 : start + static_cast<std::int64_t>(edit.text.size()));
    }
    if (end_of(edit) > offset) break;
    shift += grown;
  }
  return static_cast<std::uint32_t>(static_cast<std::int64_t>(offset) + shift);
}

std::uint32_t old_offset(const std::vector<Edit>& edits, std::uint32_t offset) {
  std::int64_t shift = 0;
  for (const Edit& edit : edits) {
    const auto start = static_cast<std::int64_t>(edit.offset) + shift;
    if (static_cast<std::int64_t>(offset) < start) break;
    if (static_cast<std::int64_t>(offset) < start + static_cast<std::int64_t>(edit.text.size()))
      return static_cast<std::uint32_t>(edit.offset);
    shift += static_cast<std::int64_t>(edit.text.size()) - static_cast<std::int64_t>(edit.length);
  }
  return static_cast<std::uint32_t>(static_cast<std::int64_t>(offset) - shift);
}

Span new_range(const std::vector<Edit>& edits, std::size_t index) {
  std::int64_t shift = 0;
  for (std::size_t i = 0; i < index; ++i) {
    shift += static_cast<std::int64_t>(edits[i].text.size()) - static_cast<std::int64_t>(edits[i].length);
  }
  const auto begin = static_cast<std::uint32_t>(static_cast<std::int64_t>(edits[index].offset) + shift);
  return {begin, begin + static_cast<std::uint32_t>(edits[index].text.size())};
}

}  // namespace sluice::scan

#include "syntax/shell/mapped_text.h"

#include <algorithm>

namespace sluice::syntax {

void MappedText::append(std::string_view bytes, std::uint32_t offset) {
  if (bytes.empty()) return;
  const auto length = static_cast<std::uint32_t>(bytes.size());
  if (!pieces_.empty()) {
    Piece& last = pieces_.back();
    if (last.from.size() == last.length && last.from.end == offset) {  // goes on where the last one ended
      last.length += length;
      last.from.end += length;
      text_.append(bytes);
      return;
    }
  }
  pieces_.push_back({size(), length, {offset, offset + length}});
  text_.append(bytes);
}

void MappedText::append_decoded(std::string_view bytes, Span from) {
  if (bytes.empty()) return;
  pieces_.push_back({size(), static_cast<std::uint32_t>(bytes.size()), from});
  text_.append(bytes);
}

const MappedText::Piece* MappedText::piece_at(std::uint32_t index) const {
  if (pieces_.empty()) return nullptr;
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), index,
                                      [](std::uint32_t i, const Piece& piece) { return i < piece.at; });
  return after == pieces_.begin() ? &pieces_.front() : &*(after - 1);
}

Span MappedText::span(std::uint32_t begin, std::uint32_t end) const {
  const Piece* first = piece_at(begin);
  if (first == nullptr) return {};
  const bool verbatim = first->from.size() == first->length;
  const std::uint32_t from =
      verbatim ? first->from.begin + std::min(begin - first->at, first->length) : first->from.begin;
  if (end <= begin) return {from, from};
  const Piece* last = piece_at(end - 1);
  const std::uint32_t to = last->from.size() == last->length
                               ? last->from.begin + std::min(end - last->at, last->length)
                               : last->from.end;
  return {from, std::max(from, to)};
}

void MappedText::append(const MappedText& other, std::uint32_t begin, std::uint32_t end) {
  const Piece* const first = other.piece_at(begin);
  if (first == nullptr) return;
  const Piece* const stop = other.pieces_.data() + other.pieces_.size();
  for (const Piece* piece = first; piece != stop && piece->at < end; ++piece) {
    const std::uint32_t low = std::max(begin, piece->at);
    const std::uint32_t high = std::min(end, piece->at + piece->length);
    if (low >= high) continue;
    const std::string_view bytes = other.text().substr(low, high - low);
    if (piece->from.size() == piece->length) {
      append(bytes, piece->from.begin + (low - piece->at));
    } else {
      append_decoded(bytes, piece->from);
    }
  }
}

MappedText MappedText::slice(std::uint32_t begin, std::uint32_t end) const {
  MappedText out;
  out.append(*this, begin, end);
  return out;
}

}  // namespace sluice::syntax

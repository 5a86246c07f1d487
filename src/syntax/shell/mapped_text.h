// MappedText: a text put together from pieces of a file, which knows where in the file each of its bytes came
// from.
//
// A shell body is never one stretch of the Dockerfile: continuations, comment lines and the quoting of JSON
// strings or of `sh -c "…"` stand between. Reading the assembled text and mapping back on demand serves all
// of these alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"

namespace sluice::syntax {

class MappedText {
 public:
  // Bytes that stand in the file verbatim, from `offset` on.
  void append(std::string_view bytes, std::uint32_t offset);
  // Bytes that the file spells otherwise (an escape, or nothing at all): all of them map to `from`.
  void append_decoded(std::string_view bytes, Span from);

  // The bytes [begin, end) of another text, with their origins.
  void append(const MappedText& other, std::uint32_t begin, std::uint32_t end);

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(text_.size()); }
  // The file's bytes for [begin, end) of the text, from the first to the last one. An empty range gives an
  // empty span.
  [[nodiscard]] Span span(std::uint32_t begin, std::uint32_t end) const;
  [[nodiscard]] MappedText slice(std::uint32_t begin, std::uint32_t end) const;

 private:
  struct Piece {
    std::uint32_t at;      // in text_
    std::uint32_t length;  // in text_
    Span from;             // in the file; verbatim if as long as `length`
  };
  [[nodiscard]] const Piece* piece_at(std::uint32_t index) const;  // null when the text is empty
  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace sluice::syntax

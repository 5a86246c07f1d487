// Edits of one text: applying them, and where a place of the old text lies in the new one and back. Edits are
// ascending and do not overlap; two insertions at one place are an overlap, since their order would be a
// guess.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "sluice/finding.h"

namespace sluice::scan {

// In bounds, ascending, not overlapping, and not without effect.
[[nodiscard]] bool edits_are_valid(const std::vector<Edit>& edits, std::size_t text_size);

// Edits that can be made together. Points to the edits added, which must outlive it.
class EditGroup {
 public:
  // False, and nothing added, if one of them overlaps with what is there.
  bool add(const std::vector<Edit>& edits);

 private:
  std::multimap<std::uint64_t, const Edit*> by_offset_;
};

// In the order in which they are applied.
[[nodiscard]] std::vector<Edit> sorted_edits(std::vector<Edit> edits);

[[nodiscard]] std::string apply_edits(std::string_view text, const std::vector<Edit>& edits);

// Which side of a text inserted exactly there a place is taken to be on.
enum class Side : std::uint8_t { before, behind };

// Where `offset` of the old text lies in the new one. Inside replaced bytes: the start (before) or the end
// (behind) of the replacement.
[[nodiscard]] std::uint32_t new_offset(const std::vector<Edit>& edits, std::uint32_t offset, Side side);

// Where `offset` of the new text lay in the old one. Inside a replacement: the start of what it replaced.
[[nodiscard]] std::uint32_t old_offset(const std::vector<Edit>& edits, std::uint32_t offset);

// The bytes of the new text that an edit put there, by index.
[[nodiscard]] Span new_range(const std::vector<Edit>& edits, std::size_t index);

}  // namespace sluice::scan

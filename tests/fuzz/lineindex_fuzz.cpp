// LineIndex: places grow with offsets, lie in their line, and every line ends where the next begins.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/span.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1U << 11U) return 0;  // quadratic in the length of a line
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const LineIndex index(text);
  if (index.line_count() != static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1)
    std::abort();
  LineColumn before{1, 1};
  for (std::size_t offset = 0; offset <= size + 1; ++offset) {
    const LineColumn at = index.at(offset);
    const bool grows = at.line == before.line ? at.column >= before.column && at.column <= before.column + 1
                                              : at.line == before.line + 1 && at.column == 1;
    if (!grows) std::abort();
    if (index.line_start(at.line) > std::min(offset, size)) std::abort();
    if (at.column > size + 1) std::abort();
    const std::string_view line = index.line(at.line);
    if (line.find('\n') != std::string_view::npos) std::abort();
    before = at;
  }
  if (to_string(Error{ErrorKind::invalid, "c", "m", index.place("f", size / 2), {}, {}}).empty())
    std::abort();
  return 0;
}

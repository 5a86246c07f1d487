// The JSON form of an instruction, read as Go's encoding/json reads it into a list. Private to the folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

struct JsonItem {
  std::string text;    // decoded
  LogicalRange range;  // in the text read, quotes included
};

enum class JsonRead : std::uint8_t {
  not_json,     // no array, or not valid: shell form
  not_strings,  // a valid array with something else than strings in it: refused
  strings,
};

// Reads the whole of `text` (blanks around the array allowed). `items` is empty unless the answer is
// `strings`.
[[nodiscard]] JsonRead read_json_array(std::string_view text, std::vector<JsonItem>& items);

inline constexpr std::uint32_t k_max_json_depth = 10'000;  // as Go; deeper is not_json

}  // namespace sluice::syntax::dockerfile

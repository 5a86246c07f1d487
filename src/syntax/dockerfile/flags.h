// The flags of each instruction. Private to the folder.
#pragma once

#include <string_view>
#include <vector>

#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/words.h"

namespace sluice::syntax::dockerfile {

enum class FlagKind : std::uint8_t {
  unknown,
  boolean,   // --link, --link=false
  text,      // --from=x, once
  repeated,  // --mount=…, any number of times
};

[[nodiscard]] FlagKind flag_kind(Keyword keyword, std::string_view name);

// Turns the words into flags of `keyword` and reports what BuildKit refuses in them.
[[nodiscard]] std::vector<Flag> make_flags(Keyword keyword, const LogicalText& line,
                                           std::vector<RawFlag> words, std::vector<Problem>& problems);

}  // namespace sluice::syntax::dockerfile

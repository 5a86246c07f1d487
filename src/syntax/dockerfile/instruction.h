// One joined line → one Instruction. Private to the folder.
#pragma once

#include <vector>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

// `line` is what was joined, blanks around it included. Heredocs are left to the reader of lines, which alone
// knows what follows; so is the end of `span`. Problems are appended in no order.
[[nodiscard]] Instruction make_instruction(LogicalText line, char escape, std::vector<Problem>& problems,
                                           std::uint32_t depth = 0);

}  // namespace sluice::syntax::dockerfile

// Which characters a quoted string shows as they are. Private to the folder.
#pragma once

namespace sluice::syntax::dockerfile {

// Letters, marks, numbers, punctuation, symbols (Unicode 15.0) and the ASCII space.
[[nodiscard]] bool is_printable(char32_t rune);

}  // namespace sluice::syntax::dockerfile

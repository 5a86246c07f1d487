// Whether an edited text still is what it was, outside of what the edits meant to change. The text is parsed
// again; a fix that disturbs anything else is refused with the reason given here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/finding.h"
#include "syntax/tree.h"

namespace sluice::scan {

// Dockerfiles. Every instruction, comment and directive that no edit touches is the same, at its shifted
// place; a touched instruction still is one (or was deleted as a whole); instructions appear only where an
// edit wrote them; nothing new is refused by a builder or not understood, in the shell text either; and every
// command that no edit touches is still there, in order.
[[nodiscard]] std::optional<std::string> dockerfile_damage(std::string_view before, std::string_view after,
                                                           const std::vector<Edit>& edits);

// Other languages. No new syntax errors; every node that no edit touches is the same, at its shifted place;
// and what replaces a whole node is one again, or several under the same kind of parent: "b" of "a * b" is
// not to become "b + c".
[[nodiscard]] std::optional<std::string> tree_damage(const syntax::Tree& before, const syntax::Tree& after,
                                                     const std::vector<Edit>& edits);

}  // namespace sluice::scan

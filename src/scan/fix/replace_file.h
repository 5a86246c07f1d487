// Putting a new text in place of a file that was scanned: as a whole or not at all, with the old file's mode,
// owner and attributes.
#pragma once

#include <string_view>

#include "base/result.h"
#include "scan/discover.h"

namespace sluice::scan {

// `expected` is what the new text was made from. The file is reached beneath its root and never through a
// link. Codes: fix.link (it is one, or was named through one), fix.changed (it is not `expected` any more, or
// was replaced meanwhile), fix.read-only, fix.hard-link (another name would keep the old text), fix.owner
// (owner or attributes cannot be kept), file.*.
[[nodiscard]] Status replace_source(const SourceFile& file, std::string_view expected, std::string_view text);

}  // namespace sluice::scan

// Copies an unpacked image where the kernel refuses an overlay. Works on descriptors only: no name of the
// image is ever joined onto a path.
#pragma once

#include "base/result.h"

namespace sluice::sandbox {

// Files, directories and links below `from` into the existing directory `to`, with modes, times and (if
// `keep_owners`) owners; `to` itself gets the mode and owner of `from`. Hard links become files of their own;
// devices and sockets are left out. Codes: sandbox.copy.
[[nodiscard]] Status copy_tree(int from, int to, bool keep_owners);

}  // namespace sluice::sandbox

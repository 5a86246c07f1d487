// The dump of BuildKit's parser: one instruction a line as an S-expression, byte for byte. Behind
// `sluice debug dockerfile-ast`. Of a file that BuildKit refuses it prints what can be read (see
// Document::problems).
#pragma once

#include <string>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

// Without a newline at the end; empty for a document without instructions.
[[nodiscard]] std::string buildkit_dump(const Document& document);

}  // namespace sluice::syntax::dockerfile

// The environment that $NAME in container-structure-test files is expanded from.
#pragma once

#include <string>

#include "sandbox/test_spec.h"

namespace sluice::sandbox {

// Replaces the value of a name, or adds it.
void set_variable(EnvList& env, const std::string& name, const std::string& value);

// The image's variables with the global ones of the file over them, whose own $NAME is of the image's alone:
// none sees another. `globals` may be null.
[[nodiscard]] EnvList with_globals(EnvList image, const EnvList* globals);

}  // namespace sluice::sandbox

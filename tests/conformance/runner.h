// Runs a folder of vectors: each file of FOLDER/cases is one case with `expect` and `why`.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace sluice::conformance {

// "ok", or the code of the error. An Error means that the vector itself is no good.
using Outcome = std::function<Result<std::string>(const json::Value& vector)>;

// Prints each case that has another outcome than it expects, and a count. The exit status: 0 if all are right
// and there are at least `least` of them (fewer means that the folder is not the right one).
[[nodiscard]] int run(const std::string& folder, std::size_t least, const Outcome& outcome);

}  // namespace sluice::conformance

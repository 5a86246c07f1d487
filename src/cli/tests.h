// Running test files against an image: what `sluice test` and `sluice gate` share.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "image/image.h"
#include "sluice/test_result.h"

namespace sluice::cli {

// The cases of all files in one report. A file that cannot be read or parsed is an error: a test that was
// asked for and did not run must not look like one that passed.
[[nodiscard]] Result<TestReport> run_test_files(const image::Image& image,
                                                const std::vector<std::string>& specs, Context& context);

}  // namespace sluice::cli

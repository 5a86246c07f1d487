// goss files (docs/formats/goss.md), read into our own tests. What the file asks and we do not judge becomes
// an UnjudgedTest each, which is reported as skipped with its reason; nothing is dropped.
#pragma once

#include <string_view>

#include "base/result.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox::goss {

// Codes: the YAML reader's, config.*, goss.template (the file must be rendered first).
[[nodiscard]] Result<TestSpec> parse_goss(std::string_view text, std::string_view name);

}  // namespace sluice::sandbox::goss

// goss files (docs/formats/goss.md), read into our own tests. What the file asks and we do not judge becomes
// an UnjudgedTest each, which is reported as skipped with its reason; nothing is dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox::goss {

// One file: what it asks itself, and the files that it includes, as it names them (paths or globs, from its
// own folder), sorted.
struct GossFile {
  TestSpec spec;
  std::vector<std::string> includes;
};

// Codes: the YAML reader's, config.*, goss.template (the file must be rendered first). A file that asks
// nothing and includes nothing is an error.
[[nodiscard]] Result<GossFile> parse_goss_file(std::string_view text, std::string_view name);
// The same for a text alone: what it includes is not judged.
[[nodiscard]] Result<TestSpec> parse_goss(std::string_view text, std::string_view name);

}  // namespace sluice::sandbox::goss

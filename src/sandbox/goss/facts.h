// Attributes of files, users, groups and packages as goss names them, read from the image's layers.
#pragma once

#include "image/file_index.h"
#include "sandbox/outcome.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox {

[[nodiscard]] Outcome judge(const FactsTest& test, const image::FileIndex& index, const TextMatcher& matcher);

}  // namespace sluice::sandbox

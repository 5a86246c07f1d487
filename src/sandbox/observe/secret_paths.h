// Files whose content is a secret by convention.
#pragma once

#include <string_view>

namespace sluice::sandbox {

// `path` is absolute and clean.
[[nodiscard]] bool is_secret_path(std::string_view path);

}  // namespace sluice::sandbox

// What the two readers of test files share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/decode.h"
#include "base/result.h"
#include "base/yaml.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox {

// {NAME: value, …}. A value must be a text; numbers and booleans are taken as they are written.
[[nodiscard]] Result<EnvList> as_env(const decode::Document& document, const yaml::Node& node,
                                     std::string_view what);

// A list of texts, where plain numbers and booleans are taken as they are written (ports, arguments).
[[nodiscard]] Result<std::vector<std::string>> as_words(const decode::Document& document,
                                                        const yaml::Node& node, std::string_view what);

[[nodiscard]] Result<std::optional<std::vector<std::string>>> optional_words(decode::Mapping& mapping,
                                                                             std::string_view key);

// Patterns have a size limit: config.range.
[[nodiscard]] Result<std::vector<std::string>> as_patterns(const decode::Document& document,
                                                           const yaml::Node& node, std::string_view what);

[[nodiscard]] Result<TestSpec> parse_structure_test(const decode::Document& document, const yaml::Node& root);

}  // namespace sluice::sandbox

// Sections of sluice.yaml, one reader each. For cli/config.cpp only.
#pragma once

#include <map>
#include <string>

#include "base/decode.h"
#include "cli/config.h"

namespace sluice::cli {

// Rule names to severities.
[[nodiscard]] Result<std::map<std::string, Severity>> decode_severities(const decode::Document& document,
                                                                        const yaml::Node& node);
[[nodiscard]] Result<SourceConfig> decode_source_config(const decode::Document& document,
                                                        const yaml::Node& node);
[[nodiscard]] Result<IdentityConfig> decode_identity(const decode::Document& document,
                                                     const yaml::Node& node);
[[nodiscard]] Result<RegistryConfig> decode_registry(const decode::Document& document,
                                                     const yaml::Node& node);
// Rules are checked against the ones that there are. Code: config.unknown-rule.
[[nodiscard]] Result<RuntimeConfig> decode_runtime(const decode::Document& document, const yaml::Node& node);

}  // namespace sluice::cli

// Compares what an image needed while its tests passed with what a deployment file gives it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sluice/finding.h"
#include "sluice/hardening.h"
#include "sluice/report.h"

namespace sluice::sandbox::harden {

struct ManifestInput {
  std::string_view text;
  std::string_view name;  // for places
  const HardeningReport& used;
  std::string image_user;           // of the image's configuration
  std::vector<std::string> images;  // names the image is known by; containers of other images are passed over
                                    // if one of the file's has such a name
};

// Sorted by place, then rule. Codes: of read_grants.
[[nodiscard]] Result<std::vector<Finding>> check_manifest(const ManifestInput& input);

// The rules that it knows, sorted by id.
[[nodiscard]] std::vector<RuleInfo> manifest_rules();

}  // namespace sluice::sandbox::harden

// Deployment files from anywhere: no crash, and every finding has a rule that is listed and a place in the
// file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/harden/manifest_check.h"

using namespace sluice;
using namespace sluice::sandbox::harden;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<RuleInfo> rules = manifest_rules();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  HardeningReport used;
  used.verified = true;
  used.profile.listens = {"8080/tcp"};
  used.profile.writable = {"/run"};
  used.profile.read_only = true;
  const auto findings = check_manifest({text, "fuzz", used, "", {"app"}});
  if (!findings) return 0;
  for (const Finding& finding : *findings) {
    const bool listed = std::any_of(rules.begin(), rules.end(),
                                    [&](const RuleInfo& rule) { return rule.id == finding.rule; });
    if (!listed || finding.message.empty()) std::abort();
  }
  return 0;
}

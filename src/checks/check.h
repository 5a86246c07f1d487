// What an analyser may report while it works: byte spans and texts only. Runs inside a worker process; the
// parent adds rule metadata, line and column, fingerprint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "sluice/finding.h"
#include "sluice/report.h"

namespace sluice::checks {

// One report of a check. Everything else of the Finding comes from the rule's metadata (RuleInfo).
struct RawFinding {
  std::string rule;
  Span span;
  std::string message;
  std::optional<Severity> severity;      // overrides the rule's
  std::optional<Confidence> confidence;  // overrides the rule's
  std::vector<std::string> aliases;      // in addition to the rule's
  std::optional<Fix> fix;
  struct Step {
    Span span;
    std::string message;
  };
  std::vector<Step> trace;
  // Set when a comment in the file excuses the finding ("# hadolint ignore=…"): the reason it gives, or the
  // comment.
  std::optional<std::string> suppressed;
  // Of a suppressed finding: the peers' ids under which their own comment excuses it. The peer reports
  // nothing here, so these are left out of the finding's aliases.
  std::vector<std::string> excused_aliases;
  bool all_profile_only = false;  // of lesser weight than others of its rule: not shown by default
};

using Findings = std::vector<RawFinding>;

// Which findings a gate shows by default, and which only `--profile all` shows.
enum class Profile { normal, all };

}  // namespace sluice::checks

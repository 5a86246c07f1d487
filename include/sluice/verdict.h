// Verdict: allow, deny, indeterminate or waiting, with every reason. Only allow passes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/subject.h"

namespace sluice {

enum class Outcome : std::uint8_t { allow, deny, indeterminate, waiting };
enum class ControlStatus : std::uint8_t { pass, fail, unknown, waiting, warn };

// What one control of the policy said.
struct Reason {
  std::string control;  // "findings.high", "tests", "provenance.source"
  ControlStatus status = ControlStatus::unknown;
  std::string message;                // what was seen
  std::string remedy;                 // what would make it pass; empty for pass
  std::vector<std::string> evidence;  // "sha256:…" of the evidence it rests on
};

struct Verdict {
  Subject subject;
  std::string stage;
  Outcome outcome = Outcome::indeterminate;
  std::vector<Reason> reasons;  // in the policy's order, passes too
  std::string policy_path;
  std::string policy_sha256;  // hex
  std::string time;           // RFC 3339, of the decision
};

[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::string_view to_string(ControlStatus status);

}  // namespace sluice

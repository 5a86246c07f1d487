// The printed names of the public enumerations (include/sluice). They
// are part of the formats: never change one.
#include "sluice/ci_identity.h"
#include "sluice/coverage.h"
#include "sluice/finding.h"
#include "sluice/source_record.h"
#include "sluice/test_result.h"
#include "sluice/verdict.h"

namespace sluice {

// No default labels: the compiler then names the value that a switch forgets. After it, a
// value outside the enumeration is shown as such.
namespace {
constexpr std::string_view k_not_a_value = "?";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
  }
  return k_not_a_value;
}

std::string_view to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::low:
      return "low";
    case Confidence::medium:
      return "medium";
    case Confidence::high:
      return "high";
  }
  return k_not_a_value;
}

std::string_view to_string(FindingStatus status) {
  switch (status) {
    case FindingStatus::fresh:
      return "new";
    case FindingStatus::existing:
      return "existing";
    case FindingStatus::waived:
      return "waived";
    case FindingStatus::suppressed:
      return "suppressed";
  }
  return k_not_a_value;
}

std::string_view to_string(CoverageStatus status) {
  switch (status) {
    case CoverageStatus::analysed:
      return "analysed";
    case CoverageStatus::skipped:
      return "skipped";
    case CoverageStatus::failed:
      return "failed";
  }
  return k_not_a_value;
}

std::string_view to_string(TestStatus status) {
  switch (status) {
    case TestStatus::passed:
      return "passed";
    case TestStatus::failed:
      return "failed";
    case TestStatus::skipped:
      return "skipped";
    case TestStatus::error:
      return "error";
  }
  return k_not_a_value;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::allow:
      return "allow";
    case Outcome::deny:
      return "deny";
    case Outcome::indeterminate:
      return "indeterminate";
    case Outcome::waiting:
      return "waiting";
  }
  return k_not_a_value;
}

std::string_view to_string(ControlStatus status) {
  switch (status) {
    case ControlStatus::pass:
      return "pass";
    case ControlStatus::fail:
      return "fail";
    case ControlStatus::unknown:
      return "unknown";
    case ControlStatus::waiting:
      return "waiting";
    case ControlStatus::warn:
      return "warn";
  }
  return k_not_a_value;
}

std::string_view to_string(CiKind kind) {
  switch (kind) {
    case CiKind::none:
      return "none";
    case CiKind::github:
      return "github";
    case CiKind::gitlab:
      return "gitlab";
    case CiKind::jenkins:
      return "jenkins";
  }
  return k_not_a_value;
}

std::string_view to_string(SignatureState state) {
  switch (state) {
    case SignatureState::not_asked:
      return "not-asked";
    case SignatureState::unsigned_object:
      return "unsigned";
    case SignatureState::verified:
      return "verified";
    case SignatureState::refused:
      return "refused";
    case SignatureState::unknown:
      return "unknown";
  }
  return k_not_a_value;
}

std::string_view to_string(TokenState state) {
  switch (state) {
    case TokenState::not_asked:
      return "not-asked";
    case TokenState::verified:
      return "verified";
    case TokenState::failed:
      return "failed";
  }
  return k_not_a_value;
}

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::observed:
      return "observed";
    case Origin::env:
      return "env";
    case Origin::platform_api:
      return "platform-api";
    case Origin::oidc:
      return "oidc";
  }
  return k_not_a_value;
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (const Severity value : {Severity::info, Severity::low, Severity::medium, Severity::high}) {
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

std::optional<Confidence> parse_confidence(std::string_view text) {
  for (const Confidence value : {Confidence::low, Confidence::medium, Confidence::high}) {
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

}  // namespace sluice

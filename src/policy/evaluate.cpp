#include "policy/evaluate.h"

#include <algorithm>

#include "base/effects.h"
#include "policy/controls.h"

namespace sluice::policy {
namespace {

Outcome outcome_of(const std::vector<Reason>& reasons) {
  const auto any = [&](ControlStatus status) {
    return std::any_of(reasons.begin(), reasons.end(),
                       [&](const Reason& reason) { return reason.status == status; });
  };
  if (any(ControlStatus::fail)) return Outcome::deny;
  if (any(ControlStatus::unknown)) return Outcome::indeterminate;
  if (any(ControlStatus::waiting)) return Outcome::waiting;
  return Outcome::allow;
}

// A control of level warn is shown and does not decide.
void soften(std::vector<Reason>& reasons, std::size_t from, Level level) {
  if (level != Level::warn) return;
  for (std::size_t i = from; i < reasons.size(); ++i) {
    if (reasons[i].status != ControlStatus::pass) reasons[i].status = ControlStatus::warn;
  }
}

}  // namespace

Verdict evaluate(const Policy& policy, const Stage& stage, const Facts& facts) {
  Verdict verdict;
  if (!facts.subjects.empty()) verdict.subject = facts.subjects.front();
  verdict.stage = stage.name;
  verdict.policy_path = policy.path;
  verdict.policy_sha256 = policy.sha256;
  verdict.time = format_time(facts.now);

  std::vector<Reason>& reasons = verdict.reasons;
  const auto apply = [&](const auto& control, auto judge) {
    const std::size_t from = reasons.size();
    judge(control, facts, reasons);
    soften(reasons, from, control.source.level);
  };
  if (stage.findings) apply(*stage.findings, judge_findings);
  if (stage.coverage) apply(*stage.coverage, judge_coverage);
  if (stage.tests) apply(*stage.tests, judge_tests);
  if (stage.provenance) apply(*stage.provenance, judge_provenance);
  if (stage.commits) apply(*stage.commits, judge_commits);
  if (stage.runtime) apply(*stage.runtime, judge_runtime);
  if (stage.signature) apply(*stage.signature, judge_signature);
  for (const VerdictControl& control : stage.verdicts) apply(control, judge_verdict);
  for (const std::string& problem : facts.unreadable) {
    reasons.push_back({"evidence",
                       ControlStatus::unknown,
                       problem,
                       "remove or mend the unreadable evidence; what it says is not known",
                       {}});
  }
  if (facts.subjects.empty()) {
    reasons.push_back(
        {"subject", ControlStatus::unknown, "there is nothing to judge", "name an image or a source", {}});
  }
  verdict.outcome = outcome_of(reasons);
  return verdict;
}

}  // namespace sluice::policy

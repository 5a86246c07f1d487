// What each kind of control looks at. Each appends its reasons; one control may give several.
#pragma once

#include <vector>

#include "policy/policy.h"
#include "sluice/facts.h"
#include "sluice/verdict.h"

namespace sluice::policy {

void judge_findings(const FindingsControl& control, const Facts& facts, std::vector<Reason>& out);
void judge_coverage(const CoverageControl& control, const Facts& facts, std::vector<Reason>& out);
void judge_tests(const TestsControl& control, const Facts& facts, std::vector<Reason>& out);
void judge_provenance(const ProvenanceControl& control, const Facts& facts, std::vector<Reason>& out);
void judge_commits(const CommitsControl& control, const Facts& facts, std::vector<Reason>& out);
void judge_runtime(const RuntimeControl& control, const Facts& facts, std::vector<Reason>& out);
void judge_signature(const SignatureControl& control, const Facts& facts, std::vector<Reason>& out);
void judge_verdict(const VerdictControl& control, const Facts& facts, std::vector<Reason>& out);

}  // namespace sluice::policy

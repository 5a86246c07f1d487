// Tests, signature and earlier verdicts.
#include "policy/controls.h"
#include "policy/select.h"
#include "sluice/predicates.h"
#include "sluice/test_result.h"

namespace sluice::policy {
namespace {

std::size_t length(const json::Value& predicate, std::string_view key) {
  const json::Value* list = predicate.find(key);
  return list != nullptr && list->as_array() != nullptr ? list->as_array()->size() : 0;
}

// Cases that could not be judged, by the detail that Sluice adds; without that detail WARNED stands for them.
std::size_t not_judged(const json::Value& predicate) {
  std::size_t out = 0;
  const json::Value* cases = predicate.find("sluice_cases");
  if (cases == nullptr || cases->as_array() == nullptr) return length(predicate, "warnedTests");
  for (const json::Value& test : *cases->as_array()) {
    const std::string_view status = test.string_at("status");
    if (status != to_string(TestStatus::passed) && status != to_string(TestStatus::failed)) ++out;
  }
  return out;
}

void judge_one_test(const TestsControl& control, const EvidenceFact& piece, std::vector<Reason>& out) {
  const std::string_view result = piece.predicate.string_at("result");
  const std::size_t passed = length(piece.predicate, "passedTests");
  const std::size_t unknown = not_judged(piece.predicate);
  const std::size_t listed = length(piece.predicate, "failedTests") + length(piece.predicate, "warnedTests");
  const std::size_t failed = listed > unknown ? listed - unknown : 0;
  Reason reason{"tests",
                ControlStatus::fail,
                "",
                "mend the image or the test, then run the gate again",
                {piece.digest}};
  if (result != "PASSED" && result != "WARNED" && result != "FAILED") {
    reason.status = ControlStatus::unknown;
    reason.message = "the test result is neither PASSED, WARNED nor FAILED";
  } else if (failed != 0 || (result == "FAILED" && unknown == 0)) {
    reason.message = std::to_string(failed) + " failed, " + std::to_string(passed) + " passed";
  } else if (unknown != 0) {
    reason.status = ControlStatus::unknown;
    reason.message = std::to_string(unknown) + " could not be judged, " + std::to_string(passed) + " passed";
    reason.remedy =
        "`sluice doctor` says what this machine cannot do; run the tests where they can be judged";
  } else if (passed < static_cast<std::size_t>(control.min_passed)) {
    reason.message =
        "only " + std::to_string(passed) + " passed, required " + std::to_string(control.min_passed);
    reason.remedy = "run the tests that this stage requires";
  } else {
    reason.status = ControlStatus::pass;
    reason.message = std::to_string(passed) + " passed";
    reason.remedy.clear();
  }
  out.push_back(std::move(reason));
}

}  // namespace

void judge_tests(const TestsControl& control, const Facts& facts, std::vector<Reason>& out) {
  const Selection tests = select(facts, predicate::k_test_result, control.source);
  if (tests.counted.empty()) {
    out.push_back({"tests",
                   ControlStatus::unknown,
                   tests.why_none("test-result"),
                   "name tests in sluice.yaml and run `sluice gate`",
                   {}});
  }
  for (const EvidenceFact* piece : tests.counted) judge_one_test(control, *piece, out);
}

void judge_signature(const SignatureControl& control, const Facts& facts, std::vector<Reason>& out) {
  std::vector<std::string> rejected;
  for (const EvidenceFact& piece : facts.evidence) {
    Selection one =
        select({{facts.subjects.empty() ? Subject{} : facts.subjects.front()}, {piece}, {}, facts.now},
               piece.predicate_type, control.source);
    if (!one.counted.empty()) {
      out.push_back({"signature",
                     ControlStatus::pass,
                     "signed by key \"" + piece.signature.key_name + "\" as " + control.source.signed_by,
                     "",
                     {piece.digest}});
      return;
    }
    rejected.insert(rejected.end(), one.rejected.begin(), one.rejected.end());
  }
  const Selection none{{}, std::move(rejected)};
  out.push_back({"signature",
                 ControlStatus::unknown,
                 none.why_none("signed"),
                 "sign the image with a key of the role " + control.source.signed_by,
                 {}});
}

void judge_verdict(const VerdictControl& control, const Facts& facts, std::vector<Reason>& out) {
  Facts of_stage{facts.subjects, {}, {}, facts.now};
  for (const EvidenceFact& piece : facts.evidence) {
    if (piece.predicate_type == predicate::k_verdict &&
        piece.predicate.string_at("sluice_stage") == control.stage) {
      of_stage.evidence.push_back(piece);
    }
  }
  const std::string name = "verdict." + control.stage;
  const std::string remedy =
      "pass the stage " + control.stage + " first: sluice gate --stage " + control.stage;
  const Selection verdicts = select(of_stage, predicate::k_verdict, control.source);
  if (verdicts.counted.empty()) {
    out.push_back({name, ControlStatus::unknown, verdicts.why_none("verdict"), remedy, {}});
  }
  for (const EvidenceFact* piece : verdicts.counted) {
    const bool passed = piece->predicate.string_at("verificationResult") == "PASSED" &&
                        piece->predicate.string_at("sluice_outcome") == to_string(Outcome::allow);
    out.push_back({name,
                   passed ? ControlStatus::pass : ControlStatus::fail,
                   "the stage said " + std::string(piece->predicate.string_at("sluice_outcome")),
                   passed ? "" : remedy,
                   {piece->digest}});
  }
}

}  // namespace sluice::policy

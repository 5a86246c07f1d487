// The contract 4.2 of DESIGN: sluice.report/v1. Fields and their order are fixed; docs/formats/report.md
// describes them.
#include "base/json.h"

#include "report/counts.h"
#include "report/escape.h"
#include "report/writer.h"

namespace sluice::report {
namespace {

using json::Array;
using json::Object;
using json::Value;

Value text(std::string_view raw) {
  return Value(to_valid_utf8(raw));
}

Array texts(const std::vector<std::string>& list) {
  Array out;
  for (const std::string& item : list) out.push_back(text(item));
  return out;
}

Object region_value(const Region& region) {
  return {{"line", region.line},         {"column", region.column},
          {"end_line", region.end_line}, {"end_column", region.end_column},
          {"offset", region.offset},     {"length", region.length}};
}

std::string_view tier_name(FixTier tier) {
  switch (tier) {
    case FixTier::safe:
      return "safe";
    case FixTier::needs_data:
      return "needs-data";
    case FixTier::suggestion:
      return "suggestion";
  }
  return "suggestion";
}

Object fix_value(const Fix& fix) {
  Array edits;
  for (const Edit& edit : fix.edits) {
    edits.push_back(Object{{"offset", edit.offset}, {"length", edit.length}, {"text", text(edit.text)}});
  }
  Object out{
      {"description", text(fix.description)}, {"tier", tier_name(fix.tier)}, {"edits", std::move(edits)}};
  if (fix.needs.empty()) return out;
  Array needs;
  for (const DataNeed& need : fix.needs) {
    needs.push_back(Object{{"kind", need.kind == DataKind::image_digest ? "image-digest" : "file-sha256"},
                           {"key", text(need.key)}});
  }
  out.set("needs", std::move(needs));
  return out;
}

Object finding_value(const Finding& finding) {
  Object out{{"rule", text(finding.rule)},
             {"aliases", texts(finding.aliases)},
             {"severity", to_string(finding.severity)},
             {"confidence", to_string(finding.confidence)},
             {"message", text(finding.message)},
             {"path", text(finding.path)},
             {"region", region_value(finding.region)},
             {"fingerprint", finding.fingerprint},
             {"cwe", texts(finding.cwe)}};
  if (!finding.help.empty()) out.set("help", text(finding.help));
  if (finding.fix) out.set("fix", fix_value(*finding.fix));
  if (!finding.trace.empty()) {
    Array trace;
    for (const TraceStep& step : finding.trace) {
      trace.push_back(Object{
          {"path", text(step.path)}, {"region", region_value(step.region)}, {"message", text(step.message)}});
    }
    out.set("trace", std::move(trace));
  }
  out.set("status", to_string(finding.status));
  if (!finding.status_reason.empty()) out.set("status_reason", text(finding.status_reason));
  return out;
}

Object coverage_value(const Coverage& coverage) {
  return {{"path", text(coverage.path)},
          {"analyser", coverage.analyser},
          {"status", to_string(coverage.status)},
          {"reason", text(coverage.reason)}};
}

Object subject_value(const Subject& subject) {
  Object digests;
  for (const auto& [algorithm, value] : subject.digest) digests.set(algorithm, value);
  return {{"name", text(subject.name)}, {"digest", std::move(digests)}};
}

Object tests_value(const TestReport& tests) {
  Array cases;
  for (const TestCase& test : tests.cases) {
    cases.push_back(Object{{"name", text(test.name)},
                           {"kind", test.kind},
                           {"status", to_string(test.status)},
                           {"message", text(test.message)},
                           {"output", text(test.output)}});
  }
  return {{"spec", text(tests.spec_path)},
          {"spec_sha256", tests.spec_sha256},
          {"image", tests.image_digest},
          {"tier", tests.tier},
          {"limits_missing", texts(tests.limits_missing)},
          {"cases", std::move(cases)}};
}

Object verdict_value(const Verdict& verdict) {
  Array reasons;
  for (const Reason& reason : verdict.reasons) {
    reasons.push_back(Object{{"control", reason.control},
                             {"status", to_string(reason.status)},
                             {"message", text(reason.message)},
                             {"remedy", text(reason.remedy)},
                             {"evidence", texts(reason.evidence)}});
  }
  return {{"stage", text(verdict.stage)},
          {"outcome", to_string(verdict.outcome)},
          {"subject", subject_value(verdict.subject)},
          {"reasons", std::move(reasons)},
          {"policy", Object{{"path", text(verdict.policy_path)}, {"sha256", verdict.policy_sha256}}},
          {"time", verdict.time}};
}

Object summary_value(const Report& report) {
  const Counts counts = count(report);
  Object severities;
  for (const Severity severity : {Severity::high, Severity::medium, Severity::low, Severity::info}) {
    severities.set(std::string(to_string(severity)), counts.active.at(static_cast<std::size_t>(severity)));
  }
  return {{"findings", std::move(severities)},
          {"existing", counts.existing},
          {"suppressed", counts.suppressed},
          {"waived", counts.waived},
          {"coverage",
           Object{{"analysed", counts.analysed}, {"skipped", counts.skipped}, {"failed", counts.failed}}}};
}

}  // namespace

std::string write_json(const Report& report, const WriterOptions&) {
  Array findings;
  for (const Finding& finding : report.findings) findings.push_back(finding_value(finding));
  Array coverage;
  for (const Coverage& entry : report.coverage) coverage.push_back(coverage_value(entry));
  Object timing;
  for (const auto& [phase, milliseconds] : report.timing_ms) timing.set(phase, milliseconds);

  Object out{{"schema", "sluice.report/v1"},
             {"tool", Object{{"name", "sluice"}, {"version", report.tool_version}}},
             {"subject", subject_value(report.subject)},
             {"findings", std::move(findings)},
             {"coverage", std::move(coverage)},
             {"summary", summary_value(report)}};
  if (report.tests) out.set("tests", tests_value(*report.tests));
  if (!report.verdicts.empty()) {
    Array verdicts;
    for (const Verdict& verdict : report.verdicts) verdicts.push_back(verdict_value(verdict));
    out.set("verdicts", std::move(verdicts));
  }
  out.set("timing", std::move(timing));
  return disarm_json(json::write_pretty(Value(std::move(out))));
}

}  // namespace sluice::report

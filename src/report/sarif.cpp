// SARIF 2.1.0 (OASIS, 27 March 2020), shaped so that GitHub's code scanning takes it: relative URIs, full
// rule descriptions, security-severity. Files that could not be analysed are notifications, and make the run
// unsuccessful.
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

Object message(std::string_view raw) {
  return {{"text", text(raw)}};
}

std::string_view level(Severity severity) {
  return severity == Severity::high ? "error" : severity == Severity::medium ? "warning" : "note";
}

// GitHub maps this number to its own severities: over 7.0 high, 4.0 to 6.9 medium, below low.
std::string_view security_severity(Severity severity) {
  switch (severity) {
    case Severity::high:
      return "8.0";
    case Severity::medium:
      return "5.5";
    case Severity::low:
      return "3.0";
    case Severity::info:
      return "1.0";
  }
  return "0.0";
}

Object rule_value(const RuleInfo& rule) {
  Array tags{Value("security")};
  for (const std::string& cwe : rule.cwe) tags.emplace_back("external/cwe/" + cwe);
  for (const std::string& alias : rule.aliases) tags.push_back(text(alias));
  const std::string title = rule.title.empty() ? rule.id : rule.title;
  const std::string why = rule.why.empty() ? title : rule.why;
  const std::string help = rule.help.empty() ? why : rule.help;
  std::string markdown = help;
  for (const std::string& reference : rule.references) markdown += "\n\n- " + reference;
  Object out{{"id", text(rule.id)},
             {"shortDescription", message(title)},
             {"fullDescription", message(why)},
             {"help", Object{{"text", text(help)}, {"markdown", text(markdown)}}},
             {"defaultConfiguration", Object{{"level", level(rule.severity)}}},
             {"properties",
              Object{{"tags", std::move(tags)}, {"security-severity", security_severity(rule.severity)}}}};
  if (!rule.references.empty()) out.set("helpUri", text(rule.references.front()));
  return out;
}

// As text and as bytes, which say the same.
Object region_value(const Region& region) {
  return {{"startLine", region.line},       {"startColumn", region.column}, {"endLine", region.end_line},
          {"endColumn", region.end_column}, {"byteOffset", region.offset},  {"byteLength", region.length}};
}

Object location(std::string_view path, const Region& region) {
  return {{"physicalLocation",
           Object{{"artifactLocation", Object{{"uri", uri_path(path)}, {"uriBaseId", "%SRCROOT%"}}},
                  {"region", region_value(region)}}}};
}

Object fix_value(const Finding& finding) {
  Array replacements;
  for (const Edit& edit : finding.fix->edits) {
    // An edit that was never placed in a text has its bytes only.
    const bool placed = edit.region.offset == edit.offset && edit.region.length == edit.length;
    Object region =
        placed ? region_value(edit.region) : Object{{"byteOffset", edit.offset}, {"byteLength", edit.length}};
    replacements.push_back(
        Object{{"deletedRegion", std::move(region)}, {"insertedContent", message(edit.text)}});
  }
  return {
      {"description", message(finding.fix->description)},
      {"artifactChanges",
       Array{Object{{"artifactLocation", Object{{"uri", uri_path(finding.path)}, {"uriBaseId", "%SRCROOT%"}}},
                    {"replacements", std::move(replacements)}}}}};
}

Object code_flow(const Finding& finding) {
  Array steps;
  for (const TraceStep& step : finding.trace) {
    Object at = location(step.path, step.region);
    at.set("message", message(step.message));
    steps.push_back(Object{{"location", std::move(at)}});
  }
  return {{"threadFlows", Array{Object{{"locations", std::move(steps)}}}}};
}

Object result_value(const Finding& finding, const Report& report) {
  Object out{{"ruleId", text(finding.rule)}};
  for (std::size_t i = 0; i < report.rules.size(); ++i) {
    if (report.rules[i].id == finding.rule) out.set("ruleIndex", i);
  }
  out.set("level", level(finding.severity));
  out.set("message", message(finding.help.empty() ? finding.message : finding.message + ". " + finding.help));
  out.set("locations", Array{location(finding.path, finding.region)});
  out.set("partialFingerprints", Object{{"sluiceFingerprint/v1", finding.fingerprint}});
  if (finding.status == FindingStatus::existing) out.set("baselineState", "unchanged");
  if (is_excused(finding)) {
    const bool in_source = finding.status == FindingStatus::suppressed;
    out.set("suppressions", Array{Object{{"kind", in_source ? "inSource" : "external"},
                                         {"status", "accepted"},
                                         {"justification", text(finding.status_reason)}}});
  }
  // A fix that still needs data has no edits, and an empty one is not valid SARIF.
  if (finding.fix && finding.fix->tier != FixTier::suggestion && !finding.fix->edits.empty())
    out.set("fixes", Array{fix_value(finding)});
  if (!finding.trace.empty()) out.set("codeFlows", Array{code_flow(finding)});
  return out;
}

Object invocation(const Report& report) {
  Array notifications;
  bool successful = true;
  for (const Coverage& coverage : report.coverage) {
    if (coverage.status == CoverageStatus::analysed) continue;
    const bool failed = coverage.status == CoverageStatus::failed;
    successful = successful && !failed;
    notifications.push_back(Object{
        {"level", failed ? "error" : "note"},
        {"message", message("not analysed (" + coverage.analyser + "): " + coverage.reason)},
        {"locations", Array{Object{{"physicalLocation",
                                    Object{{"artifactLocation", Object{{"uri", uri_path(coverage.path)},
                                                                       {"uriBaseId", "%SRCROOT%"}}}}}}}}});
  }
  return {{"executionSuccessful", successful}, {"toolExecutionNotifications", std::move(notifications)}};
}

}  // namespace

std::string write_sarif(const Report& report, const WriterOptions&) {
  Array rules;
  for (const RuleInfo& rule : report.rules) rules.push_back(rule_value(rule));
  Array results;
  for (const Finding& finding : report.findings) results.push_back(result_value(finding, report));
  Object driver{{"name", "sluice"},
                {"semanticVersion", report.tool_version},
                {"informationUri", "https://github.com/sluice-gate/sluice"},
                {"rules", std::move(rules)}};
  Object run{
      {"tool", Object{{"driver", std::move(driver)}}},
      {"columnKind", "unicodeCodePoints"},
      {"originalUriBaseIds", Object{{"%SRCROOT%", Object{{"description", message("the scanned root")}}}}},
      {"invocations", Array{invocation(report)}},
      {"results", std::move(results)}};
  Object out{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
             {"version", "2.1.0"},
             {"runs", Array{std::move(run)}}};
  return disarm_json(json::write_pretty(Value(std::move(out))));
}

}  // namespace sluice::report

// GitHub workflow commands. A step shows 10 annotations of a kind and silently drops the rest, so we print
// the nine worst and a tenth that says how many more there are. Foreign text is inside escaped data only,
// never at a line's start. https://docs.github.com/actions/reference/workflow-commands-for-github-actions
#include <algorithm>

#include "report/counts.h"
#include "report/escape.h"
#include "report/writer.h"

namespace sluice::report {
namespace {

constexpr std::size_t k_shown_of_a_kind = 10;

std::string command(std::string_view kind, const std::string& properties, std::string_view data) {
  return "::" + std::string(kind) + (properties.empty() ? "" : " " + properties) +
         "::" + escape_github_data(escape_line(data)) + "\n";
}

std::string property(std::string_view name, std::string_view value) {
  return std::string(name) + "=" + escape_github_property(escape_line(value));
}

std::string annotation(std::string_view kind, const Finding& finding) {
  const Region& region = finding.region;
  std::string properties = property("file", finding.path) + "," +
                           property("line", std::to_string(region.line)) + "," +
                           property("endLine", std::to_string(region.end_line));
  // GitHub refuses columns of annotations over several lines.
  if (region.line == region.end_line) {
    properties += "," + property("col", std::to_string(region.column)) + "," +
                  property("endColumn", std::to_string(region.end_column));
  }
  properties += "," + property("title", finding.rule);
  return command(kind, properties,
                 finding.help.empty() ? finding.message : finding.message + ". " + finding.help);
}

void add_kind(std::string& out, std::string_view kind, std::vector<std::string> lines) {
  const std::size_t total = lines.size();
  if (total > k_shown_of_a_kind) {
    lines.resize(k_shown_of_a_kind - 1);
    lines.push_back(command(kind, "title=sluice",
                            std::to_string(total - lines.size()) + " more are in the report of this step"));
  }
  for (const std::string& line : lines) out += line;
}

void add_verdict(const Verdict& verdict, std::vector<std::string>& errors) {
  for (const Reason& reason : verdict.reasons) {
    if (reason.status == ControlStatus::pass || reason.status == ControlStatus::warn) continue;
    errors.push_back(
        command("error", property("title", verdict.stage + ": " + reason.control),
                reason.remedy.empty() ? reason.message : reason.message + " → " + reason.remedy));
  }
}

}  // namespace

std::string write_github(const Report& report, const WriterOptions&) {
  std::vector<const Finding*> worst;
  for (const Finding& finding : report.findings) {
    if (is_active(finding)) worst.push_back(&finding);
  }
  std::stable_sort(worst.begin(), worst.end(),
                   [](const Finding* a, const Finding* b) { return a->severity > b->severity; });
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  std::vector<std::string> notices;
  for (const Verdict& verdict : report.verdicts) add_verdict(verdict, errors);
  for (const Coverage& coverage : report.coverage) {
    if (coverage.status != CoverageStatus::failed) continue;
    errors.push_back(command("error", property("file", coverage.path) + ",title=not analysed",
                             coverage.analyser + ": " + coverage.reason));
  }
  for (const Finding* finding : worst) {
    if (finding->severity == Severity::high) {
      errors.push_back(annotation("error", *finding));
    } else if (finding->severity == Severity::medium) {
      warnings.push_back(annotation("warning", *finding));
    } else {
      notices.push_back(annotation("notice", *finding));
    }
  }
  std::string out;
  add_kind(out, "error", std::move(errors));
  add_kind(out, "warning", std::move(warnings));
  add_kind(out, "notice", std::move(notices));
  return out;
}

}  // namespace sluice::report

// Markdown for job summaries and comments. GitHub loses a whole summary over 1 MiB, so the page ends at a
// row's edge before that and says how many rows were left out.
#include "report/counts.h"
#include "report/escape.h"
#include "report/writer.h"

namespace sluice::report {
namespace {

constexpr std::size_t k_max_bytes = 1'000'000;

void add_verdicts(std::string& out, const Report& report) {
  for (const Verdict& verdict : report.verdicts) {
    out += "## " + std::string(verdict.outcome == Outcome::allow ? "✅ " : "⛔ ") +
           std::string(to_string(verdict.outcome)) + ": " + escape_markdown(verdict.stage) + "\n\n" +
           "| control | | seen | what would make it pass |\n|---|---|---|---|\n";
    for (const Reason& reason : verdict.reasons) {
      out += "| " + escape_markdown(reason.control) + " | " + std::string(to_string(reason.status)) + " | " +
             escape_markdown(reason.message) + " | " + escape_markdown(reason.remedy) + " |\n";
    }
    out += "\n";
  }
}

void add_tests(std::string& out, const Report& report) {
  if (!report.tests) return;
  out += "## Tests\n\n| test | | |\n|---|---|---|\n";
  for (const TestCase& test : report.tests->cases) {
    out += "| " + escape_markdown(test.name) + " | " + std::string(to_string(test.status)) + " | " +
           escape_markdown(test.message) + " |\n";
  }
  out += "\n";
}

std::vector<std::string> rows(const Report& report) {
  std::vector<std::string> out;
  for (const Coverage& coverage : report.coverage) {
    if (coverage.status != CoverageStatus::failed) continue;
    out.push_back("| **not analysed** | " + escape_markdown(coverage.path) + " | " +
                  escape_markdown(coverage.analyser + ": " + coverage.reason) + " |\n");
  }
  for (const Severity severity : {Severity::high, Severity::medium, Severity::low, Severity::info}) {
    for (const Finding& finding : report.findings) {
      if (finding.severity != severity || !is_active(finding)) continue;
      out.push_back("| " + std::string(to_string(severity)) + " | " + escape_markdown(finding.path) + ":" +
                    std::to_string(finding.region.line) + " | " + escape_markdown(finding.message) + " (" +
                    escape_markdown(finding.rule) + ") |\n");
    }
  }
  return out;
}

}  // namespace

std::string write_markdown(const Report& report, const WriterOptions&) {
  const Counts counts = count(report);
  std::string out;
  add_verdicts(out, report);
  add_tests(out, report);
  out += "## Findings\n\n" + std::to_string(counts.findings()) + " active, " +
         std::to_string(counts.suppressed) + " suppressed; " + std::to_string(counts.analysed) +
         " files analysed, " + std::to_string(counts.failed) + " not.\n\n";
  const std::vector<std::string> list = rows(report);
  if (list.empty()) return out;
  out += "| severity | place | finding |\n|---|---|---|\n";
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (out.size() + list[i].size() > k_max_bytes) {
      out += "\n" + std::to_string(list.size() - i) + " more rows are in the full report.\n";
      break;
    }
    out += list[i];
  }
  return out;
}

}  // namespace sluice::report

// The controls that rest on signed scan results: findings and coverage. Counts are made from the listed
// findings; a summary in the document is never trusted.
#include <array>

#include "policy/controls.h"
#include "policy/select.h"
#include "sluice/coverage.h"
#include "sluice/predicates.h"

namespace sluice::policy {
namespace {

constexpr std::string_view k_rescan =
    "run `sluice gate` (or `sluice scan` and sign its result) on this source";

std::string plural(std::int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// Counts by severity; false if the document is not as its type says.
bool count_findings(const json::Value& predicate, std::array<std::int64_t, 4>& counts,
                    std::string& first_high) {
  const json::Value* list = predicate.find("findings");
  if (list == nullptr || list->as_array() == nullptr) return false;
  for (const json::Value& finding : *list->as_array()) {
    const auto severity = parse_severity(finding.string_at("severity"));
    const std::string_view status = finding.string_at("status");
    if (!severity || status.empty()) return false;
    if (status == to_string(FindingStatus::suppressed) || status == to_string(FindingStatus::waived))
      continue;
    ++counts.at(static_cast<std::size_t>(*severity));
    if (first_high.empty() && *severity == Severity::high) {
      const json::Value* line = finding.find("line");
      first_high =
          std::string(finding.string_at("path")) +
          (line != nullptr && line->as_int() != nullptr ? ":" + std::to_string(*line->as_int()) : "") + " " +
          std::string(finding.string_at("rule"));
    }
  }
  return true;
}

void judge_one_scan(const FindingsControl& control, const EvidenceFact& scan, std::vector<Reason>& out) {
  std::array<std::int64_t, 4> counts{};
  std::string example;
  if (!count_findings(scan.predicate, counts, example)) {
    out.push_back({"findings",
                   ControlStatus::unknown,
                   "the scan result is not readable as a scan result",
                   std::string(k_rescan),
                   {scan.digest}});
    return;
  }
  for (const Severity severity : {Severity::high, Severity::medium, Severity::low, Severity::info}) {
    const auto index = static_cast<std::size_t>(severity);
    if (!control.max.at(index)) continue;
    const std::int64_t limit = *control.max.at(index);
    const std::string name(to_string(severity));
    const bool passed = counts.at(index) <= limit;
    std::string message = plural(counts.at(index), name + " finding") + ", allowed " + std::to_string(limit);
    if (!passed && severity == Severity::high && !example.empty()) message += "; the first: " + example;
    out.push_back({"findings." + name,
                   passed ? ControlStatus::pass : ControlStatus::fail,
                   std::move(message),
                   passed ? "" : "mend the findings, or suppress single ones in the source with a reason",
                   {scan.digest}});
  }
}

void judge_one_coverage(const CoverageControl& control, const EvidenceFact& scan, std::vector<Reason>& out) {
  const json::Value* gaps = scan.predicate.find("gaps");
  const json::Value* analysed = scan.predicate.find("analysed");
  if (gaps == nullptr || gaps->as_array() == nullptr || analysed == nullptr ||
      analysed->as_object() == nullptr) {
    out.push_back({"coverage",
                   ControlStatus::unknown,
                   "the scan result says nothing of coverage",
                   std::string(k_rescan),
                   {scan.digest}});
    return;
  }
  std::int64_t failed = 0;
  std::string example;
  for (const json::Value& gap : *gaps->as_array()) {
    // Anything but a deliberate skip counts, also a status that we do not know.
    if (gap.string_at("status") == to_string(CoverageStatus::skipped)) continue;
    if (++failed == 1)
      example = std::string(gap.string_at("path")) + ": " + std::string(gap.string_at("reason"));
  }
  const bool passed = failed <= control.max_failed;
  // Not knowing what is in a file is not the same as having found something in it: unknown, exit status 4.
  out.push_back(
      {"coverage",
       passed ? ControlStatus::pass : ControlStatus::unknown,
       plural(failed, "file") + " could not be analysed" + (example.empty() ? "" : "; the first: " + example),
       passed ? "" : "mend the file or exclude it by .sluiceignore",
       {scan.digest}});
  for (const std::string& analyser : control.analysers) {
    const json::Value* count = analysed->find(analyser);
    const std::int64_t files = count != nullptr && count->as_int() != nullptr ? *count->as_int() : 0;
    out.push_back({"coverage." + analyser,
                   files > 0 ? ControlStatus::pass : ControlStatus::unknown,
                   files > 0 ? plural(files, "file") + " analysed" : "no file was analysed by " + analyser,
                   files > 0 ? "" : "scan the files that this stage requires",
                   {scan.digest}});
  }
}

template <typename Control, typename Judge>
void judge_scans(const Control& control, std::string_view name, const Facts& facts, std::vector<Reason>& out,
                 Judge judge) {
  const Selection scans = select(facts, predicate::k_scan, control.source, About::tree);
  if (scans.counted.empty()) {
    out.push_back(
        {std::string(name), ControlStatus::unknown, scans.why_none("scan"), std::string(k_rescan), {}});
  }
  for (const EvidenceFact* scan : scans.counted) judge(control, *scan, out);
}

}  // namespace

void judge_findings(const FindingsControl& control, const Facts& facts, std::vector<Reason>& out) {
  judge_scans(control, "findings", facts, out, judge_one_scan);
}

void judge_coverage(const CoverageControl& control, const Facts& facts, std::vector<Reason>& out) {
  judge_scans(control, "coverage", facts, out, judge_one_coverage);
}

}  // namespace sluice::policy

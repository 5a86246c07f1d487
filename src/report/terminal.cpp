// For people: findings grouped by file with the source line and a marker, then what was not analysed, the
// tests, the verdicts with what would make each failing control pass, and one line that says how it ended.
#include <algorithm>
#include <array>

#include "report/counts.h"
#include "report/escape.h"
#include "report/writer.h"

namespace sluice::report {
namespace {

constexpr std::size_t k_max_line_shown =
    160;  // code points of a source line; longer ones are cut with a mark

enum class Style { plain, bold, dim, red, yellow, blue, green };

class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}
  void add(std::string_view text, Style style = Style::plain) {
    if (!colour_ || style == Style::plain) {
      out_ += text;
      return;
    }
    static constexpr std::array<std::string_view, 7> k_codes{"", "1", "2", "1;31", "33", "34", "32"};
    out_ += "\x1b[";
    out_ += k_codes.at(static_cast<std::size_t>(style));
    out_ += "m";
    out_ += text;
    out_ += "\x1b[0m";
  }
  void line(std::string_view text = {}, Style style = Style::plain) {
    add(text, style);
    out_ += "\n";
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  bool colour_;
  std::string out_;
};

Style style_of(Severity severity) {
  switch (severity) {
    case Severity::high:
      return Style::red;
    case Severity::medium:
      return Style::yellow;
    case Severity::low:
      return Style::blue;
    case Severity::info:
      return Style::dim;
  }
  return Style::plain;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out;
}

// The first `count` code points of the text.
std::string_view prefix(std::string_view text, std::size_t count) {
  std::size_t i = 0;
  while (i < text.size() && count > 0) {
    ++i;
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) ++i;
    --count;
  }
  return text.substr(0, i);
}

// The source line and a marker below it. Escaping may widen the text, so the marker is measured on the
// escaped form.
void add_source(Page& page, const Finding& finding) {
  if (finding.source_line.empty()) return;
  const std::string number = std::to_string(finding.region.line);
  const std::string gutter(number.size() + 1, ' ');
  const std::string_view line = finding.source_line;
  const std::string_view shown = prefix(line, k_max_line_shown);
  const std::string_view before = prefix(line, finding.region.column - 1);
  const bool one_line = finding.region.end_line == finding.region.line;
  const std::string_view until = one_line ? prefix(line, finding.region.end_column - 1) : line;

  page.line("  " + gutter + "|", Style::dim);
  page.add("  " + number + " | ", Style::dim);
  page.line(escape_line(shown) + (shown.size() < line.size() ? " …" : ""));
  if (before.size() >= shown.size()) return;
  const std::size_t end = std::min(until.size(), shown.size());
  std::string marker;
  for (const char c : escape_line(before)) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) marker += c == '\t' ? '\t' : ' ';
  }
  std::size_t width = 0;
  for (const char c :
       escape_line(line.substr(before.size(), end > before.size() ? end - before.size() : 0))) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++width;
  }
  page.add("  " + gutter + "| ", Style::dim);
  page.line(marker + std::string(std::max<std::size_t>(width, 1), '^'), style_of(finding.severity));
}

void add_finding(Page& page, const Finding& finding) {
  const std::string place = std::to_string(finding.region.line) + ":" + std::to_string(finding.region.column);
  page.add("  " + padded(place, 8));
  page.add(padded(to_string(finding.severity), 7), style_of(finding.severity));
  page.add(escape_line(finding.message));
  page.line("  " + escape_line(finding.rule), Style::dim);
  add_source(page, finding);
  for (const TraceStep& step : finding.trace) {
    page.line("    from " + escape_line(step.path) + ":" + std::to_string(step.region.line) + ": " +
              escape_line(step.message));
  }
  if (!is_active(finding)) {
    const std::string reason =
        finding.status == FindingStatus::existing
            ? "in the baseline"
            : std::string(to_string(finding.status)) + ": " + escape_line(finding.status_reason);
    page.line("    " + reason, Style::dim);
  } else if (!finding.help.empty()) {
    page.line("    = " + escape_line(finding.help), Style::dim);
  }
}

void add_findings(Page& page, const Report& report, const WriterOptions& options) {
  std::string_view path;
  for (const Finding& finding : report.findings) {
    if (!is_active(finding) && !options.show_suppressed) continue;
    if (path != finding.path) {
      if (!path.empty()) page.line();
      page.line(escape_line(finding.path), Style::bold);
      path = finding.path;
    }
    add_finding(page, finding);
  }
  if (!path.empty()) page.line();
}

void add_coverage(Page& page, const Report& report) {
  bool any = false;
  for (const Coverage& coverage : report.coverage) {
    if (coverage.status != CoverageStatus::failed) continue;
    if (!any) page.line("Not analysed", Style::bold);
    any = true;
    page.line(
        "  " + escape_line(coverage.path) + " (" + coverage.analyser + "): " + escape_line(coverage.reason),
        Style::yellow);
  }
  if (any) page.line();
}

void add_output(Page& page, std::string_view output) {
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    page.line("      | " + escape_line(output.substr(0, end)), Style::dim);
    if (end == std::string_view::npos) break;
    output.remove_prefix(end + 1);
  }
}

void add_tests(Page& page, const TestReport& tests) {
  page.line("Tests in the sandbox (" + tests.tier + ")", Style::bold);
  for (const TestCase& test : tests.cases) {
    const bool passed = test.status == TestStatus::passed;
    page.add("  " + padded(to_string(test.status), 8), passed ? Style::green : Style::red);
    page.line(escape_line(test.name));
    if (passed) continue;
    page.line("      " + escape_line(test.message));
    add_output(page, test.output);
  }
  for (const std::string& limit : tests.limits_missing) {
    page.line("  limit not set here: " + escape_line(limit), Style::yellow);
  }
  page.line();
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

void add_verdict(Page& page, const Verdict& verdict) {
  const bool allowed = verdict.outcome == Outcome::allow;
  page.add(upper(to_string(verdict.outcome)), allowed ? Style::green : Style::red);
  page.line(" " + escape_line(verdict.stage) + "  " + escape_line(verdict.subject.name), Style::bold);
  for (const Reason& reason : verdict.reasons) {
    const bool passed = reason.status == ControlStatus::pass;
    page.add("  " + padded(to_string(reason.status), 8), passed ? Style::green
                                                         : reason.status == ControlStatus::warn
                                                             ? Style::yellow
                                                             : Style::red);
    page.line(padded(reason.control, 22) + " " + escape_line(reason.message));
    if (!passed && !reason.remedy.empty()) {
      page.line("          " + padded("", 22) + " → " + escape_line(reason.remedy), Style::dim);
    }
  }
  page.line();
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string last_line(const Report& report) {
  const Counts counts = count(report);
  std::string out = plural(counts.findings(), "finding", "findings");
  if (counts.findings() != 0) {
    std::string parts;
    for (const Severity severity : {Severity::high, Severity::medium, Severity::low, Severity::info}) {
      const std::size_t n = counts.active.at(static_cast<std::size_t>(severity));
      if (n != 0)
        parts += (parts.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(to_string(severity));
    }
    out += " (" + parts + ")";
  }
  if (counts.existing != 0) out += ", " + std::to_string(counts.existing) + " in the baseline";
  if (counts.suppressed != 0) out += ", " + std::to_string(counts.suppressed) + " suppressed";
  if (counts.waived != 0) out += ", " + std::to_string(counts.waived) + " waived";
  out += "; " + plural(counts.analysed, "file", "files") + " analysed";
  if (counts.skipped != 0) out += ", " + std::to_string(counts.skipped) + " skipped";
  if (counts.failed != 0) out += ", " + std::to_string(counts.failed) + " NOT analysed";
  if (report.tests) {
    out += "; tests: " + std::to_string(counts.tests_passed) + " passed, " +
           std::to_string(counts.tests_failed) + " failed";
    if (counts.tests_unknown != 0) out += ", " + std::to_string(counts.tests_unknown) + " not judged";
  }
  for (const Verdict& verdict : report.verdicts) {
    out += "; " + escape_line(verdict.stage) + ": " + std::string(to_string(verdict.outcome));
  }
  return out;
}

}  // namespace

std::string write_terminal(const Report& report, const WriterOptions& options) {
  Page page(options.colour);
  add_findings(page, report, options);
  add_coverage(page, report);
  if (report.tests) add_tests(page, *report.tests);
  for (const Verdict& verdict : report.verdicts) add_verdict(page, verdict);
  page.line(last_line(report), Style::bold);
  return page.take();
}

}  // namespace sluice::report

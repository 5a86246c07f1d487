#include "cli/fix_summary.h"

#include "report/escape.h"

namespace sluice::cli {
namespace {

std::string place(const scan::FixedFile& file, const scan::ReportedFix& fix) {
  return report::escape_line(file.path) + ":" + std::to_string(fix.line) + " " +
         report::escape_line(fix.rule) + ": " + report::escape_line(fix.what);
}

std::string plural(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

std::string fix_summary(const std::vector<scan::FixedFile>& files, bool dry_run) {
  const std::string done = dry_run ? "would fix" : "fixed";
  std::string out;
  std::size_t fixed = 0;
  std::size_t changed = 0;
  std::size_t left = 0;
  std::size_t without_fix = 0;
  for (const scan::FixedFile& file : files) {
    for (const scan::ReportedFix& fix : file.fixes) {
      out += (fix.fixed ? done + " " : "not fixed ") + place(file, fix);
      if (!fix.fixed) out += " (" + report::escape_line(fix.reason) + ")";
      out += "\n";
      ++(fix.fixed ? fixed : left);
    }
    if (file.fixes.empty() && !file.problem.empty()) {
      out += "not fixed " + report::escape_line(file.path) + " (" + report::escape_line(file.problem) + ")\n";
    }
    if (!file.settled) out += report::escape_line(file.path) + ": more could be fixed; run it again\n";
    changed += file.changed ? 1 : 0;
    without_fix += file.without_fix;
  }
  out += done + " " + plural(fixed, "finding") + " in " + plural(changed, "file") + "; " +
         std::to_string(left) + " with a fix not applied, " + std::to_string(without_fix) + " without a fix";
  return out;
}

}  // namespace sluice::cli

#include "explain/page.h"

#include <algorithm>
#include <utility>

#include "explain/groups.h"
#include "scan/scan.h"

namespace sluice::explain {
namespace {

Result<scan::Output> run(const scan::RuleBook& book, const Example& example) {
  if (!example.configured) {
    return scan::run_in_process(example.name, example.code, book, false, example.ignore_file);
  }
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  options.docker = example.docker;
  const scan::RuleBook configured = SLUICE_TRY(scan::RuleBook::load(options));
  return scan::run_in_process(example.name, example.code, configured, false, example.ignore_file);
}

void note_fix(const Fix& fix, std::vector<PageFix>& fixes) {
  const bool known = std::any_of(fixes.begin(), fixes.end(), [&fix](const PageFix& other) {
    return other.tier == fix.tier && other.description == fix.description;
  });
  if (!known) fixes.push_back({fix.tier, fix.description});
}

}  // namespace

Page make_summary(const scan::KnownRule& rule) {
  Page page;
  page.info = rule.info;
  page.confidence = rule.confidence;
  page.origin = rule.origin;
  page.group = group_of(rule.info.id).title;
  if (const checks::docker::CheckInfo* check = checks::docker::find_check(rule.info.id)) {
    page.by_default = check->profile == checks::Profile::normal;
    page.fixable = check->fixable;
  }
  return page;
}

Result<Page> make_page(const scan::RuleBook& book, std::string_view rule) {
  const scan::KnownRule* known = book.find(rule);
  if (known == nullptr) return fail(ErrorKind::usage, "explain.rule", "no such rule: " + std::string(rule));
  Page page = make_summary(*known);
  std::optional<Fixture> fixture = find_fixture(rule);
  if (!fixture) return page;
  for (Example& example : fixture->examples) {
    PageExample item;
    item.bad = example.rules.contains(std::string(rule));
    const scan::Output output = SLUICE_TRY(run(book, example));
    for (const Finding& finding : output.findings) {
      if (finding.rule != rule || finding.status == FindingStatus::suppressed) continue;
      item.reports.push_back({finding.region.line, finding.message});
      if (finding.fix) note_fix(*finding.fix, page.fixes);
    }
    item.example = std::move(example);
    page.examples.push_back(std::move(item));
  }
  page.fixable = page.fixable || !page.fixes.empty();
  return page;
}

const PageExample* first_example(const Page& page, bool bad) {
  const PageExample* found = nullptr;
  for (const PageExample& item : page.examples) {
    if (item.bad != bad) continue;
    if (found == nullptr) found = &item;
    // A clean block in which another rule of the fixture fires is a poor model.
    if (item.example.rules.size() <= (bad ? 1U : 0U)) return &item;
  }
  return found;
}

std::string_view to_string(FixTier tier) {
  switch (tier) {
    case FixTier::safe:
      return "safe";
    case FixTier::needs_data:
      return "needs data";
    case FixTier::suggestion:
      return "suggestion";
  }
  return "suggestion";
}

}  // namespace sluice::explain

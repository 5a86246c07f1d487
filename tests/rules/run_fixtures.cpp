// Runs the Markdown fixtures of rules and checks; README.md describes their form.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "explain/wording.h"
#include "fix_fixtures.h"
#include "fixture.h"
#include "scan/scan.h"

using namespace sluice;
using namespace fixtures;

namespace {

class Runner {
 public:
  explicit Runner(const scan::RuleBook& book) : book_(book) {}

  void run(const Fixture& fixture) {
    const std::set<std::string> tested(fixture.rules.begin(), fixture.rules.end());
    if (tested.empty()) complain(fixture, 1, "the first heading names no rule");
    for (const std::string& rule : tested) {
      if (book_.find(rule) == nullptr) complain(fixture, 1, "no such rule: " + rule);
    }
    for (const std::string& fault : fixture.faults) complain(fixture, 1, fault);
    for (const Block& block : fixture.examples) {
      check(fixture, block, tested);
      for (const std::string& rule : tested) {
        const bool fires = std::any_of(block.marks.begin(), block.marks.end(),
                                       [&rule](const Mark& place) { return place.second == rule; });
        (fires ? firing_ : clean_).insert(rule);
      }
    }
  }

  // Every rule of the book must be whole; called after all fixtures have run.
  void check_complete() {
    for (const auto& [id, rule] : book_.rules()) {
      if (rule.origin == scan::RuleOrigin::scan) continue;  // tested in tests/unit/scan
      const auto need = [this, &id = id](bool there, std::string_view what) {
        if (!there) report("rule " + id + " has no " + std::string(what));
      };
      need(firing_.contains(id), "fixture with a firing block");
      need(clean_.contains(id), "fixture with a clean block");
      need(!rule.info.title.empty(), "title");
      need(!rule.info.why.empty(), "why");
      need(!rule.info.help.empty(), "help");
      if (rule.origin == scan::RuleOrigin::pack) need(!rule.info.references.empty(), "reference");
    }
    for (const Coverage& problem : book_.problems()) report(problem.path + ": " + problem.reason);
  }

  [[nodiscard]] int failures() const { return failures_; }
  [[nodiscard]] std::size_t blocks() const { return blocks_; }

 private:
  void check(const Fixture& fixture, const Block& block, const std::set<std::string>& tested) {
    ++blocks_;
    for (const auto& [line, rule] : block.marks) {
      if (!block.exact && !tested.contains(rule))
        complain(fixture, block.line, "the heading does not name " + rule);
    }
    const Result<scan::Output> output = analyse(block);
    if (!output) return complain(fixture, block.line, to_string(output.error()));
    std::multiset<Mark> found;
    for (const Finding& finding : output->findings) {
      if (finding.status == FindingStatus::suppressed) continue;
      if (block.exact || tested.contains(finding.rule)) found.emplace(finding.region.line, finding.rule);
    }
    bool analysed = false;
    for (const Coverage& coverage : output->coverage) {
      if (coverage.analyser == "rules") continue;
      analysed = analysed || coverage.status == CoverageStatus::analysed;
      const bool trouble = coverage.status != CoverageStatus::analysed || !coverage.reason.empty();
      if (trouble && !block.broken) {
        complain(fixture, block.line,
                 coverage.path + ": " + std::string(to_string(coverage.status)) + ": " + coverage.reason);
      }
    }
    if (!analysed && !block.broken) complain(fixture, block.line, "nothing was analysed");
    compare(fixture, block, found);
  }

  [[nodiscard]] Result<scan::Output> analyse(const Block& block) const {
    if (!block.configured && explain::fix_data_of(block).empty())
      return scan::run_in_process(block.name, block.code, book_, false, block.ignore_file);
    const scan::RuleBook book = SLUICE_TRY(book_for(block));
    return scan::run_in_process(block.name, block.code, book, false, block.ignore_file);
  }

  void compare(const Fixture& fixture, const Block& block, const std::multiset<Mark>& found) {
    std::vector<Mark> missing;
    std::vector<Mark> extra;
    std::set_difference(block.marks.begin(), block.marks.end(), found.begin(), found.end(),
                        std::back_inserter(missing));
    std::set_difference(found.begin(), found.end(), block.marks.begin(), block.marks.end(),
                        std::back_inserter(extra));
    const LineIndex lines(block.code);
    const auto say = [&](const Mark& place, std::string_view what) {
      complain(fixture, block.line,
               std::string(what) + " " + place.second + " on line " + std::to_string(place.first) +
                   " of the block: " + std::string(lines.line(place.first)));
    };
    for (const Mark& place : missing) say(place, "missing");
    for (const Mark& place : extra) say(place, "unexpected");
  }

  void complain(const Fixture& fixture, std::size_t line, const std::string& what) {
    report(fixture.path + ":" + std::to_string(line) + ": " + what);
  }
  void report(const std::string& what) {
    ++failures_;
    std::fprintf(stderr, "%s\n", what.c_str());
  }

  const scan::RuleBook& book_;
  std::set<std::string> firing_;
  std::set<std::string> clean_;
  std::size_t blocks_ = 0;
  int failures_ = 0;
};

std::vector<std::string> markdown_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".md") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool complete = !arguments.empty() && arguments.front() == "--complete";
  const bool fixes = !arguments.empty() && arguments.front() == "--fixes";
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  const Result<scan::RuleBook> book = scan::RuleBook::load(options);
  if (!book) {
    std::fprintf(stderr, "%s\n", to_string(book.error()).c_str());
    return 1;
  }
  Runner runner(*book);
  FixRunner fix_runner;
  for (std::size_t i = complete || fixes ? 1 : 0; i < arguments.size(); ++i) {
    for (const std::string& path : markdown_files(arguments[i])) {
      const Result<Fixture> fixture = read_fixture_file(path);
      if (!fixture) {
        std::fprintf(stderr, "%s\n", to_string(fixture.error()).c_str());
        return 1;
      }
      if (fixes) {
        fix_runner.run(*fixture);
      } else {
        runner.run(*fixture);
      }
    }
  }
  if (fixes) return fix_runner.finish();
  if (complete) runner.check_complete();
  std::printf("%zu blocks, %d failures\n", runner.blocks(), runner.failures());
  return runner.failures() == 0 ? 0 : 1;
}

// Runs the Markdown fixtures of rules and checks; README.md describes their form.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "checks/docker/docker.h"
#include "scan/scan.h"

using namespace sluice;

namespace {

using Place = std::pair<std::uint32_t, std::string>;  // line in the analysed text, rule

struct Block {
  std::size_t line = 0;  // of the opening fence, in the Markdown file
  std::string name;      // of the file that it stands for
  std::string text;      // without marks
  std::multiset<Place> expected;
  bool exact = false;
  bool broken = false;
  checks::docker::Options docker;          // of the words label=, strict-labels, registry=
  bool configured = false;                 // one of those words stands behind the fence
  std::optional<std::string> ignore_file;  // of dockerignore=PATTERN
};

struct Fixture {
  std::string path;
  std::vector<std::string> rules;
  std::vector<Block> blocks;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 22> k_names{{
    {"dockerfile", "Dockerfile"},
    {"python", "test.py"},
    {"javascript", "test.js"},
    {"typescript", "test.ts"},
    {"tsx", "test.tsx"},
    {"jsx", "test.jsx"},
    {"go", "test.go"},
    {"java", "Test.java"},
    {"c", "test.c"},
    {"cpp", "test.cpp"},
    {"ruby", "test.rb"},
    {"php", "test.php"},
    {"csharp", "test.cs"},
    {"rust", "test.rs"},
    {"bash", "test.sh"},
    {"sh", "test.sh"},
    {"yaml", "test.yaml"},
    {"json", "test.json"},
    {"hcl", "test.tf"},
    {"toml", "test.toml"},
    {"html", "test.html"},
    {"scala", "test.scala"},
}};

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (const std::string_view part = trim(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

// Takes a mark off the end of a line: its rules, or nothing if there is none.
std::optional<std::vector<std::string>> take_mark(std::string& line) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> forms{{{"# expect:", ""},
                                                                                {"// expect:", ""},
                                                                                {"-- expect:", ""},
                                                                                {"; expect:", ""},
                                                                                {"/* expect:", "*/"},
                                                                                {"<!-- expect:", "-->"}}};
  for (const auto& [opener, closer] : forms) {
    const std::size_t at = line.rfind(opener);
    if (at == std::string::npos) continue;
    std::string_view rest = trim(std::string_view(line).substr(at + opener.size()));
    if (!rest.ends_with(closer)) continue;
    rest.remove_suffix(closer.size());
    std::vector<std::string> rules = split(rest, ',');
    line = line.substr(0, at);
    while (line.ends_with(' ') || line.ends_with('\t')) line.pop_back();
    return rules;
  }
  return std::nullopt;
}

// Adds one line of a fenced block, without its mark. `pending` holds the rules of a mark that had a line of
// its own.
void add_line(Block& block, std::string line, std::uint32_t& number, std::vector<std::string>& pending) {
  const bool was_blank = trim(line).empty();
  const auto rules = take_mark(line);
  if (rules && !was_blank && trim(line).empty()) {
    pending.insert(pending.end(), rules->begin(), rules->end());
    return;
  }
  ++number;
  if (rules) pending.insert(pending.end(), rules->begin(), rules->end());
  for (const std::string& rule : pending) block.expected.emplace(number, rule);
  pending.clear();
  block.text += line + "\n";
}

// label=NAME:KIND, strict-labels, registry=GLOB, dockerignore=PATTERN: what a check needs to be told.
void read_option(const std::string& word, Block& block) {
  if (word.starts_with("label=")) {
    const std::size_t colon = word.rfind(':');
    const auto kind = checks::docker::parse_label_kind(std::string_view(word).substr(colon + 1));
    if (kind) block.docker.label_schema[word.substr(6, colon - 6)] = *kind;
  } else if (word.starts_with("registry=")) {
    block.docker.allowed_registries.push_back(word.substr(9));
  } else if (word == "strict-labels") {
    block.docker.strict_labels = true;
  } else if (word.starts_with("dockerignore=")) {
    block.ignore_file = word.substr(13) + "\n";
    return;
  } else {
    return;
  }
  block.configured = true;
}

// The block that an info string ("python exact name=a/b.py") opens; nothing for prose.
std::optional<Block> open_block(std::string_view info) {
  const std::vector<std::string> words = split(info, ' ');
  if (words.empty()) return std::nullopt;
  const auto* const known = std::find_if(k_names.begin(), k_names.end(),
                                         [&words](const auto& row) { return row.first == words.front(); });
  if (known == k_names.end()) return std::nullopt;
  Block block;
  block.name = known->second;
  for (const std::string& word : words) {
    if (word.starts_with("name=")) block.name = word.substr(5);
    block.exact = block.exact || word == "exact";
    block.broken = block.broken || word == "broken";
    read_option(word, block);
  }
  return block;
}

Fixture read_fixture(const std::string& path, std::string_view text) {
  Fixture fixture;
  fixture.path = path;
  std::string fence;  // of the open block
  std::optional<Block> block;
  std::uint32_t line_in_block = 0;
  std::vector<std::string> pending;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (fence.empty()) {
      if (line.starts_with("# ") && fixture.rules.empty()) fixture.rules = split(line.substr(2), ',');
      if (!line.starts_with("```")) continue;
      const std::size_t ticks = std::min(line.find_first_not_of('`'), line.size());
      fence = std::string(ticks, '`');
      block = open_block(line.substr(ticks));
      if (block) block->line = number;
      line_in_block = 0;
      pending.clear();
    } else if (trim(line) == fence) {
      if (block) fixture.blocks.push_back(*std::move(block));
      block.reset();
      fence.clear();
    } else if (block) {
      add_line(*block, std::string(line), line_in_block, pending);
    }
  }
  return fixture;
}

class Runner {
 public:
  explicit Runner(const scan::RuleBook& book) : book_(book) {}

  void run(const Fixture& fixture) {
    const std::set<std::string> tested(fixture.rules.begin(), fixture.rules.end());
    if (tested.empty()) complain(fixture, 1, "the first heading names no rule");
    for (const std::string& rule : tested) {
      if (book_.find(rule) == nullptr) complain(fixture, 1, "no such rule: " + rule);
    }
    for (const Block& block : fixture.blocks) {
      check(fixture, block, tested);
      for (const std::string& rule : tested) {
        const bool fires = std::any_of(block.expected.begin(), block.expected.end(),
                                       [&rule](const Place& place) { return place.second == rule; });
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
    for (const auto& [line, rule] : block.expected) {
      if (!block.exact && !tested.contains(rule))
        complain(fixture, block.line, "the heading does not name " + rule);
    }
    const Result<scan::Output> output = analyse(block);
    if (!output) return complain(fixture, block.line, to_string(output.error()));
    std::multiset<Place> found;
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
    if (!block.configured)
      return scan::run_in_process(block.name, block.text, book_, false, block.ignore_file);
    scan::RuleBookOptions options;
    options.profile = checks::Profile::all;
    options.docker = block.docker;
    options.docker.profile = options.profile;
    const scan::RuleBook book = SLUICE_TRY(scan::RuleBook::load(options));
    return scan::run_in_process(block.name, block.text, book, false, block.ignore_file);
  }

  void compare(const Fixture& fixture, const Block& block, const std::multiset<Place>& found) {
    std::vector<Place> missing;
    std::vector<Place> extra;
    std::set_difference(block.expected.begin(), block.expected.end(), found.begin(), found.end(),
                        std::back_inserter(missing));
    std::set_difference(found.begin(), found.end(), block.expected.begin(), block.expected.end(),
                        std::back_inserter(extra));
    const LineIndex lines(block.text);
    const auto say = [&](const Place& place, std::string_view what) {
      complain(fixture, block.line,
               std::string(what) + " " + place.second + " on line " + std::to_string(place.first) +
                   " of the block: " + std::string(lines.line(place.first)));
    };
    for (const Place& place : missing) say(place, "missing");
    for (const Place& place : extra) say(place, "unexpected");
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
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  const Result<scan::RuleBook> book = scan::RuleBook::load(options);
  if (!book) {
    std::fprintf(stderr, "%s\n", to_string(book.error()).c_str());
    return 1;
  }
  Runner runner(*book);
  for (std::size_t i = complete ? 1 : 0; i < arguments.size(); ++i) {
    for (const std::string& path : markdown_files(arguments[i])) {
      const Result<Bytes> text = read_file(path);
      if (!text) {
        std::fprintf(stderr, "%s\n", to_string(text.error()).c_str());
        return 1;
      }
      runner.run(read_fixture(path, *text));
    }
  }
  if (complete) runner.check_complete();
  std::printf("%zu blocks, %d failures\n", runner.blocks(), runner.failures());
  return runner.failures() == 0 ? 0 : 1;
}

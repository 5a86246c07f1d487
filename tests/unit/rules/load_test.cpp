#include <doctest/doctest.h>
#include <ostream>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "run_rule.h"

using namespace sluice;
using namespace sluice::rules;
using namespace sluice::rules::test;

namespace {

LoadedRules load_text(std::string_view yaml) {
  const RuleSource source{"r.yaml", yaml};
  return load({&source, 1});
}

std::string problem(std::string_view body) {
  const LoadedRules loaded = load_text(rule_yaml("python", body));
  if (loaded.problems.size() != 1) return "problems: " + std::to_string(loaded.problems.size());
  CHECK(loaded.problems[0].status == CoverageStatus::failed);
  CHECK(loaded.problems[0].analyser == "rules");
  CHECK(loaded.problems[0].path == "r.yaml");
  return loaded.problems[0].reason;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what the engine cannot run is a problem that names the rule and the feature") {
  CHECK(contains(
      problem("patterns:\n- pattern: f($X)\n- metavariable-analysis: {metavariable: $X, analyzer: redos}\n"),
      "rule test: metavariable-analysis is not supported"));
  CHECK(contains(problem("mode: join\njoin: {}\n"), "the \"join\" syntax is not supported"));
  CHECK(contains(problem("match: f()\n"), "the \"match\" syntax is not supported"));
  CHECK(contains(problem("mode: extract\n"), "mode \"extract\" is not supported"));
  CHECK(contains(problem("pattern: f()\noptions: {generic_engine: aliengrep}\n"),
                 "the option \"generic_engine\""));
  CHECK(contains(problem("patterns:\n- pattern: f()\n- pattern-where-python: 'True'\n"),
                 "pattern-where-python"));
  CHECK(contains(load_text(rule_yaml("cobol", "pattern: f()")).problems.at(0).reason,
                 "unknown language \"cobol\""));
  CHECK(contains(load_text(rule_yaml("julia", "pattern: f()")).problems.at(0).reason,
                 "language julia is not supported"));
}

TEST_CASE("mistakes in a rule are problems with a line") {
  CHECK(contains(problem("pattern: 'f('\n"), "does not parse as python: f("));
  CHECK(contains(problem("pattern-regex: '('\n"), "regular expression is not valid"));
  CHECK(contains(problem("patern: f()\n"), "patern"));
  CHECK(contains(problem("patterns:\n- pattern-not: f()\n"), "at least one pattern that is not a negation"));
  CHECK(contains(problem("patterns: []\n"), "expected a list"));
  CHECK(contains(problem("pattern: f()\npattern-regex: a\n"), "beside"));
  CHECK(contains(problem("patterns:\n- pattern: f($X)\n- metavariable-regex: {metavariable: X, regex: a}\n"),
                 "is no metavariable"));
  CHECK(
      contains(problem("patterns:\n- pattern: f($X)\n- metavariable-comparison: {comparison: 'import os'}\n"),
               "comparison"));
  CHECK(contains(problem("mode: taint\npattern-sources:\n- pattern: a()\n"), "pattern-sinks"));
  CHECK(contains(problem("mode: taint\npattern-sources:\n- pattern: a()\npattern-sinks:\n- pattern: b()\n  "
                         "requires: A and\n"),
                 "is not a formula of labels"));
  CHECK(contains(load_text("rules:\n- id: a\n  severity: ERROR\n").problems.at(0).reason, "rule a:"));
  CHECK(contains(load_text("rules: 3\n").problems.at(0).reason, "must be a list"));
  CHECK(contains(load_text("rulez: []\n").problems.at(0).reason, "rule"));
  CHECK(load_text("rules:\n- id: a\n  id: b\n").problems.size() == 1);
  CHECK(load_text("\t{").problems.size() == 1);
}

TEST_CASE("one bad rule spoils no other, and ids are unique") {
  const LoadedRules loaded = load_text(
      "rules:\n"
      "- {id: a, languages: [python], severity: ERROR, message: m, pattern: f(}\n"
      "- {id: b, languages: [python], severity: ERROR, message: m, pattern: f()}\n"
      "- {id: b, languages: [python], severity: ERROR, message: m, pattern: g()}\n");
  CHECK(loaded.rules.size() == 1);
  CHECK(loaded.problems.size() == 2);
}

TEST_CASE("a rule for several languages runs where it can, and says where it cannot") {
  const LoadedRules loaded = load_text(rule_yaml("python, julia", "pattern: f()"));
  CHECK(loaded.rules.size() == 1);
  CHECK(loaded.problems.size() == 1);
  CHECK(loaded.rules.wants("python", "a.py"));
  CHECK_FALSE(loaded.rules.wants("javascript", "a.js"));
}

TEST_CASE("metadata becomes the rule's head") {
  const LoadedRules loaded = load_text(R"(rules:
- id: t
  languages: [py]
  severity: WARNING
  message: m
  pattern: f()
  fix-regex: {regex: a, replacement: b}
  metadata:
    title: A title
    why: because
    help: do this
    cwe: ["CWE-89: SQL", CWE-1]
    confidence: LOW
    references: https://example.com
    anything: {else: [1]}
)");
  REQUIRE(loaded.problems.empty());
  const RuleHead& head = loaded.rules.head(0);
  CHECK(head.info.severity == Severity::medium);
  CHECK(head.confidence == Confidence::low);
  CHECK(head.info.cwe == std::vector<std::string>{"CWE-89", "CWE-1"});
  CHECK(head.info.references == std::vector<std::string>{"https://example.com"});
  CHECK(head.info.why == "because");
  CHECK(head.languages == std::vector<std::string>{"python"});
}

TEST_CASE("paths limit where a rule runs") {
  const std::string yaml =
      rule_yaml("python", "pattern: f()\npaths: {include: [src], exclude: ['*_test.py']}\n");
  CHECK(run_yaml(yaml, "python", "f()\n", "src/a.py").lines == Lines{1});
  CHECK(run_yaml(yaml, "python", "f()\n", "src/a_test.py").lines == Lines{});
  CHECK(run_yaml(yaml, "python", "f()\n", "lib/a.py").lines == Lines{});
}

TEST_CASE("every rule of our packs loads without a problem and is complete") {
  std::vector<std::string> texts;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SLUICE_SOURCE_DIR "/plugins")) {
    if (entry.path().extension() != ".yaml" || entry.path().parent_path().filename() != "rules") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    texts.push_back(text.str());
    paths.push_back(entry.path().string());
  }
  std::vector<RuleSource> sources;
  for (std::size_t i = 0; i < texts.size(); ++i) sources.push_back({paths[i], texts[i]});
  const LoadedRules loaded = load(sources);
  for (const Coverage& found : loaded.problems) MESSAGE(found.path << ": " << found.reason);
  CHECK(loaded.problems.empty());
  CHECK(loaded.rules.size() >= 6);
  CHECK(loaded.rules.size() == sources.size());
  for (std::size_t i = 0; i < loaded.rules.size(); ++i) {
    const RuleHead& head = loaded.rules.head(i);
    INFO(head.info.id);
    CHECK(std::filesystem::path(head.path).stem().string() == head.info.id);
    CHECK_FALSE(head.info.title.empty());
    CHECK_FALSE(head.info.why.empty());
    CHECK_FALSE(head.info.help.empty());
    CHECK_FALSE(head.info.cwe.empty());
    CHECK_FALSE(head.info.references.empty());
  }
}

TEST_CASE("only the rules of the grammars asked for are loaded, and plain-text rules always") {
  const std::string yaml =
      "rules:\n"
      "- {id: p, languages: [python], severity: ERROR, message: m, pattern: f(}\n"
      "- {id: t, languages: [js, ts], severity: ERROR, message: m, pattern: f()}\n"
      "- {id: r, languages: [regex], severity: ERROR, message: m, pattern-regex: f}\n";
  const RuleSource source{"r.yaml", yaml};
  LoadOptions options;
  options.grammars = std::vector<std::string>{"tsx"};
  const LoadedRules loaded = load({&source, 1}, options);
  CHECK(loaded.problems.empty());
  CHECK(loaded.rules.size() == 2);
  CHECK(loaded.rules.wants("tsx", "a.tsx"));
  CHECK(load({&source, 1}).problems.size() == 1);
}

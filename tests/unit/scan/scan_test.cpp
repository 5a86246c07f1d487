// The scan from end to end, through worker processes, with small rules of its own.
#include "scan/scan.h"

#include <algorithm>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "tree_folder.h"

using namespace sluice;
using namespace sluice::scan;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view k_rules = R"(rules:
  - id: test.eval
    languages: [python]
    severity: ERROR
    message: eval of $X
    pattern: eval($X)
    metadata:
      cwe: ["CWE-95"]
      references: ["https://example.org"]
      aliases: ["peer:E1"]
  - id: test.exec
    languages: [python]
    severity: WARNING
    message: exec
    pattern: exec(...)
)";

class Project : public TreeFolder {
 public:
  Project() { rules_.put("rules.yaml", k_rules); }

  [[nodiscard]] Options options() const {
    Options out;
    out.roots = {root()};
    out.rules.default_rules = false;
    out.rules.rule_paths = {rules_.root()};
    return out;
  }
  [[nodiscard]] Output scan() const { return scan(options()); }
  static Output scan(const Options& options) {
    auto output = run(options);
    if (!output) FAIL(to_string(output.error()));
    return *std::move(output);
  }
  [[nodiscard]] const TreeFolder& rules() const { return rules_; }

 private:
  TreeFolder rules_;
};

// "rule path:line status", one for each finding.
std::string summary(const Output& output) {
  std::string out;
  for (const Finding& f : output.findings) {
    out += f.rule + " " + f.path + ":" + std::to_string(f.region.line) +
           (f.status == FindingStatus::suppressed ? " suppressed: " + f.status_reason : "") + "\n";
  }
  return out;
}

std::string coverage_of(const Output& output, std::string_view path) {
  std::string out;
  for (const Coverage& c : output.coverage) {
    if (c.path != path) continue;
    out += (out.empty() ? "" : " | ") + c.analyser + " " + std::string(to_string(c.status)) +
           (c.reason.empty() ? "" : ": " + c.reason);
  }
  return out;
}

// All that two runs must have in common.
std::string everything(const Output& output) {
  std::string out = summary(output);
  for (const Finding& f : output.findings)
    out += f.fingerprint + f.message + std::to_string(f.region.offset) + "\n";
  for (const Coverage& c : output.coverage)
    out += c.path + c.analyser + c.reason + std::string(to_string(c.status)) + "\n";
  return out;
}

}  // namespace

TEST_CASE("a finding comes with everything that a reader needs") {
  const Project project;
  project.put("a/x.py", "# \xC3\xA9\n\xC3\xA9 = 1; eval(user )\n");
  const Output output = project.scan();
  REQUIRE(output.findings.size() == 1);
  const Finding& finding = output.findings[0];
  CHECK(finding.rule == "test.eval");
  CHECK(finding.path == "a/x.py");
  CHECK(finding.severity == Severity::high);
  CHECK(finding.message == "eval of user");
  CHECK(finding.region == Region{2, 8, 2, 19, 13, 11});
  CHECK(finding.source_line == "\xC3\xA9 = 1; eval(user )");
  CHECK(finding.cwe == std::vector<std::string>{"CWE-95"});
  CHECK(finding.aliases == std::vector<std::string>{"peer:E1"});
  CHECK(finding.fingerprint.size() == 34);
  CHECK(coverage_of(output, "a/x.py") == "python analysed");
  CHECK(count_at_least(output, Severity::high) == 1);
}

TEST_CASE("findings are the same for any number of jobs, sorted by path, offset and rule") {
  const Project project;
  std::string big;
  for (int i = 0; i < 400; ++i) big += "eval(a" + std::to_string(i % 7) + "); exec(b)\n";
  project.put("z.py", "exec(1)\n");
  project.put("b/big.py", big);
  for (int i = 0; i < 30; ++i) project.put("m" + std::to_string(i) + ".py", "eval(x)\nexec(y\n");
  Options options = project.options();
  options.jobs = 1;
  const std::string one = everything(Project::scan(options));
  CHECK(one.find("test.exec z.py:1") != std::string::npos);
  for (const unsigned jobs : {2U, 8U, 64U}) {
    options.jobs = jobs;
    CHECK(everything(Project::scan(options)) == one);
  }
}

TEST_CASE("a fingerprint outlives lines added above and white space, and counts repeats") {
  const Project project;
  project.put("a.py", "eval(x)\neval(x)\n");
  const Output before = project.scan();
  project.put("a.py", "import os\n\n\nif os:\n    eval( x )\neval(x)\n");
  const Output after = project.scan();
  REQUIRE(before.findings.size() == 2);
  REQUIRE(after.findings.size() == 2);
  CHECK(before.findings[1].fingerprint == after.findings[1].fingerprint.substr(0, 33) + "2");
  CHECK(before.findings[0].fingerprint != before.findings[1].fingerprint);
}

TEST_CASE("a suppression needs a reason, and what it suppresses stays in the report") {
  const Project project;
  project.put("a.py",
              "eval(a)  # sluice:ignore test.eval tested by hand\n"
              "# sluice:ignore peer:E1 the same, by a peer's id\n"
              "eval(b)\n"
              "eval(c)  # sluice:ignore test.eval\n"
              "eval(d)  # sluice:ignore test.exec another rule\n"
              "exec(e)  # nosemgrep: test.exec\n"
              "text = '# sluice:ignore test.eval in a string'; eval(f)\n");
  const Output output = project.scan();
  CHECK(summary(output) ==
        "test.eval a.py:1 suppressed: tested by hand\n"
        "test.eval a.py:3 suppressed: the same, by a peer's id\n"
        "test.eval a.py:4\n"
        "sluice.suppression-without-reason a.py:4\n"
        "test.eval a.py:5\n"
        "test.exec a.py:6 suppressed: nosemgrep\n"
        "test.eval a.py:7\n");
  CHECK(count_at_least(output, Severity::high) == 3);
  CHECK(output.findings[3].severity == Severity::low);
}

TEST_CASE("what is not analysed is in coverage, with the reason") {
  const Project project;
  project.put("good.py", "pass\n");
  project.put("half.py", "x = 1\ny = 2\ndef f(:\n    pass\nz = 3\n");
  project.put("junk.py", "$$$ ??? !!! ``` %%% $$$ ???\n");
  project.put("large.py", std::string(3000, '#'));
  project.put("binary.py", std::string_view("a\0b", 3));
  project.put("other.go", "package main\n");
  project.put("README", "hello\n");
  project.link("good.py", "link.py");
  Options options = project.options();
  options.max_file_bytes = 2000;
  const Output output = Project::scan(options);
  CHECK(coverage_of(output, "good.py") == "python analysed");
  CHECK(coverage_of(output, "half.py") == "python analysed: 1 syntax error");
  CHECK(coverage_of(output, "junk.py").starts_with("python failed: most of it does not parse as python ("));
  CHECK(coverage_of(output, "large.py") == "python failed: larger than 2000 bytes (3000)");
  CHECK(coverage_of(output, "binary.py") == "python failed: binary (a NUL byte near its start)");
  CHECK(coverage_of(output, "other.go") == "go skipped: no rules for this language");
  CHECK(coverage_of(output, "link.py") == "discover skipped: a symbolic link is not followed");
  CHECK(coverage_of(output, "README").empty());
  CHECK(output.unrecognised == 1);
  CHECK(output.files == 7);
}

TEST_CASE("--only keeps analysers and rules, and refuses unknown names") {
  const Project project;
  project.put("a.py", "eval(x)\nexec(y)\n");
  project.put("b.go", "package main\n");
  Options options = project.options();
  options.rules.only = {"test.exec"};
  CHECK(summary(Project::scan(options)) == "test.exec a.py:2\n");
  options.rules.only = {"peer:E1"};
  CHECK(summary(Project::scan(options)) == "test.eval a.py:1\n");
  options.rules.only = {"python"};
  CHECK(Project::scan(options).findings.size() == 2);
  options.rules.only = {"go"};
  const Output none = Project::scan(options);
  CHECK(none.findings.empty());
  CHECK(coverage_of(none, "a.py") == "python skipped: left out by --only");
  options.rules.only = {"pyton"};
  const auto wrong = run(options);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == "scan.only");
  CHECK(wrong.error().hint == "the nearest known name is \"python\"");
}

TEST_CASE("a rule that cannot be run is failed coverage; a rule path that does not exist is an error") {
  const Project project;
  project.put("a.py", "eval(x)\n");
  project.rules().put("broken.yaml",
                      "rules:\n  - id: b\n    languages: [python]\n    message: m\n    severity: ERROR\n"
                      "    pattern-nonsense: x\n");
  const Output output = project.scan();
  CHECK(summary(output) == "test.eval a.py:1\n");
  CHECK(coverage_of(output, project.rules().at("broken.yaml")).starts_with("rules failed: "));
  Options options = project.options();
  options.rules.rule_paths = {"/nonexistent.yaml"};
  CHECK(run(options).error().code == "scan.rules");
  options = project.options();
  options.roots = {"/nonexistent"};
  CHECK(run(options).error().code == "scan.root-missing");
}

TEST_CASE("the same findings come out in one process") {
  const Project project;
  project.put("a.py", "eval(x)\nexec(y)\n");
  const auto book = RuleBook::load(project.options().rules);
  REQUIRE(book);
  const auto alone = run_in_process("a.py", "eval(x)\nexec(y)\n", *book);
  REQUIRE(alone);
  CHECK(summary(*alone) == summary(project.scan()));
  CHECK(alone->findings[0].fingerprint == project.scan().findings[0].fingerprint);
}

TEST_CASE("text that is not UTF-8 comes out as UTF-8") {
  const Project project;
  project.put("a.py", "eval('\xE9')\n");
  const Output output = project.scan();
  REQUIRE(output.findings.size() == 1);
  CHECK(is_utf8(output.findings[0].message));
  CHECK(output.findings[0].source_line == "eval('\xEF\xBF\xBD')");
}

TEST_CASE("Dockerfiles are analysed by the compiled checks, also when they lie about their name") {
  const Project project;
  const std::string text =
      "FROM debian\n# sluice:ignore docker.sudo needed for the demo\nRUN true && \\\n  sudo make\nRUN sudo "
      "ls\n";
  project.put("Dockerfile", text);
  project.put("image", text);
  Options options = project.options();
  options.rules = {};
  options.rules.only = {"hadolint:DL3004"};
  const Output output = Project::scan(options);
  REQUIRE(output.findings.size() == 4);
  CHECK(output.findings[0].path == "Dockerfile");
  CHECK(output.findings[0].status ==
        FindingStatus::suppressed);  // the comment speaks of the whole instruction
  CHECK(output.findings[0].region.line == 4);
  CHECK(output.findings[1].status == FindingStatus::fresh);
  CHECK(output.findings[2].path == "image");
  CHECK(coverage_of(output, "Dockerfile") == "dockerfile analysed");
}

TEST_CASE("a misspelt Dockerfile rule in the configuration is an error") {
  const Project project;
  Options options = project.options();
  options.rules.docker.off = {"docker.no-such-rule"};
  CHECK(run(options).error().code == "scan.rules");
}

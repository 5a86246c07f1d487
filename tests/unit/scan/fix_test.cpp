// --fix from end to end, through worker processes, with small rules and with the Dockerfile checks.
#include "scan/fix/fix.h"

#include <sys/stat.h>
#include <unistd.h>

#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "scan/fix/replace_file.h"
#include "tree_folder.h"

using namespace sluice;
using namespace sluice::scan;

namespace {

constexpr std::string_view k_rules = R"(rules:
  - id: test.old
    languages: [python]
    severity: WARNING
    message: old
    pattern: old($X)
    fix: new($X)
  - id: test.bad-fix
    languages: [python]
    severity: WARNING
    message: bad
    pattern: broken($X)
    fix: new($X
)";

class Project : public TreeFolder {
 public:
  Project() { rules_.put("rules.yaml", k_rules); }
  [[nodiscard]] Options options() const {
    Options out;
    out.roots = {root()};
    out.rules.rule_paths = {rules_.root()};
    out.rules.profile = checks::Profile::all;
    return out;
  }
  static FixRun fix(const Options& options, bool write = true) {
    auto run = sluice::scan::fix(options, write);
    if (!run) FAIL(to_string(run.error()));
    return *std::move(run);
  }
  [[nodiscard]] std::string text(const std::string& path) const { return *read_file(at(path)); }

 private:
  TreeFolder rules_;
};

}  // namespace

TEST_CASE("--fix changes the bytes of the fix and no others: BOM, CRLF, no newline at the end, escape") {
  const Project project;
  project.put("Dockerfile",
              "\xEF\xBB\xBF# escape=`\r\nFROM debian:12-slim\r\nRUN apt-get update && `\r\n  apt-get install "
              "--no-install-recommends curl && rm -rf /var/lib/apt/lists/*");
  Options options = project.options();
  options.rules.only = {"docker.apt-without-yes"};
  const FixRun run = Project::fix(options);
  CHECK(project.text("Dockerfile") ==
        "\xEF\xBB\xBF# escape=`\r\nFROM debian:12-slim\r\nRUN apt-get update && `\r\n  apt-get install "
        "-y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*");
  CHECK(run.output.findings.empty());
  REQUIRE(run.files.size() == 1);
  CHECK(run.files[0].fixes[0].fixed);
  CHECK(run.files[0].fixes[0].line == 4);
  CHECK(Project::fix(options).diff.empty());
}

TEST_CASE("a dry run writes nothing and reports what there is") {
  const Project project;
  project.put("a.py", "old(1)\n");
  const FixRun run = Project::fix(project.options(), false);
  CHECK(project.text("a.py") == "old(1)\n");
  CHECK(run.diff.find("-old(1)\n+new(1)\n") != std::string::npos);
  CHECK(run.output.findings.size() == 1);
}

TEST_CASE("a rule's fix that breaks the syntax is refused, and the file stays") {
  const Project project;
  project.put("a.py", "broken(1)\n");
  const FixRun run = Project::fix(project.options());
  CHECK(project.text("a.py") == "broken(1)\n");
  REQUIRE(run.files.size() == 1);
  CHECK(run.files[0].fixes[0].reason.find("syntax errors") != std::string::npos);
  CHECK(run.output.findings.size() == 1);
}

TEST_CASE("suppressed findings are not fixed") {
  const Project project;
  project.put("a.py", "old(1)  # sluice:ignore test.old it must stay\nold(2)\n");
  const FixRun run = Project::fix(project.options());
  CHECK(project.text("a.py") == "old(1)  # sluice:ignore test.old it must stay\nnew(2)\n");
}

TEST_CASE("mode is kept; links, hard links and read-only folders of a file leave it as it is") {
  const Project project;
  project.put("mode.py", "old(1)\n");
  REQUIRE(chmod(project.at("mode.py").c_str(), 0751) == 0);
  project.put("hard.py", "old(1)\n");
  REQUIRE(::link(project.at("hard.py").c_str(), project.at("other.txt").c_str()) == 0);
  const TreeFolder outside;
  outside.put("target.py", "old(1)\n");
  project.link(outside.at("target.py"), "link.py");
  const FixRun run = Project::fix(project.options());
  struct stat info{};
  REQUIRE(stat(project.at("mode.py").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0751U);
  CHECK(project.text("mode.py") == "new(1)\n");
  CHECK(project.text("hard.py") == "old(1)\n");
  CHECK(*read_file(outside.at("target.py")) == "old(1)\n");
  bool told = false;
  for (const Coverage& coverage : run.output.coverage)
    told = told || (coverage.analyser == "fix" && coverage.path == "hard.py");
  CHECK(told);

  Options named = project.options();
  named.roots = {project.at("link.py")};
  CHECK(Project::fix(named).files.at(0).problem.find("symbolic link") != std::string::npos);
  CHECK(*read_file(outside.at("target.py")) == "old(1)\n");
}

TEST_CASE("a file that was changed since it was read is not replaced") {
  const TreeFolder folder;
  folder.put("a.py", "two\n");
  const auto root = std::make_shared<const Directory>(*Directory::open(folder.root()));
  const SourceFile file{"a.py", root, "a.py", 4, false, nullptr, false};
  const auto replaced = replace_source(file, "one\n", "three\n");
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().code == "fix.changed");
  CHECK(*read_file(folder.at("a.py")) == "two\n");
  CHECK(root->list()->size() == 1);  // no temporary file is left
  REQUIRE(replace_source(file, "two\n", "three\n"));
  CHECK(*read_file(folder.at("a.py")) == "three\n");
}

TEST_CASE("data from a lock file is put in, and without it nothing is invented") {
  const Project project;
  project.put("Dockerfile", "FROM debian:12-slim\nUSER 1000\n");
  Options options = project.options();
  options.rules.only = {"docker.base-image-unpinned"};
  CHECK_FALSE(Project::fix(options).files.at(0).fixes.at(0).fixed);
  CHECK(project.text("Dockerfile") == "FROM debian:12-slim\nUSER 1000\n");
  const std::string digest = "sha256:" + std::string(64, 'c');
  REQUIRE(options.rules.fix_data.add_lock("debian:12-slim " + digest + "\n", "images.lock"));
  const FixRun run = Project::fix(options);
  CHECK(run.files.at(0).fixes.at(0).fixed);
  CHECK(run.output.findings.empty());
  CHECK(project.text("Dockerfile") == "FROM debian:12-slim@" + digest + "\nUSER 1000\n");
}

TEST_CASE("a file that two paths lead to is fixed once") {
  const Project project;
  project.put("a.py", "old(1)\n");
  Options options = project.options();
  options.roots = {project.root(), project.at("a.py")};
  const FixRun run = Project::fix(options);
  CHECK(project.text("a.py") == "new(1)\n");
  CHECK(run.output.findings.empty());
  for (const Coverage& coverage : run.output.coverage) CHECK(coverage.analyser != "fix");
}

TEST_CASE("findings of the baseline are not fixed") {
  const Project project;
  project.put("a.py", "old(1)\n");
  Options options = project.options();
  const auto before = run(options);
  REQUIRE(before);
  REQUIRE(before->findings.size() == 1);
  options.rules.baseline = {before->findings[0].fingerprint};
  project.put("a.py", "old(1)\nold(2)\n");
  const FixRun fixed = Project::fix(options);
  CHECK(project.text("a.py") == "old(1)\nnew(2)\n");
  CHECK(fixed.files.at(0).fixes.at(0).reason == "the finding is in the baseline");
}

TEST_CASE("the outcome of --fix does not depend on the number of workers") {
  const auto run = [](unsigned jobs) {
    const Project project;
    for (int i = 0; i < 12; ++i) project.put("f" + std::to_string(i) + ".py", "old(1)\nbroken(old(2))\n");
    Options options = project.options();
    options.jobs = jobs;
    return Project::fix(options, false).diff;
  };
  CHECK(run(1) == run(3));
}

#include <ostream>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "base/file.h"
#include "base/subprocess.h"
#include "scan/adapter_shellcheck.h"

using namespace sluice;
using namespace sluice::scan;

namespace {

// A folder with one Dockerfile, and a shellcheck of our own making.
struct Scene {
  TempDirectory folder = *TempDirectory::create();
  Options options;
  explicit Scene(std::string_view dockerfile) {
    REQUIRE(write_file_atomic(folder.path() + "/Dockerfile", dockerfile));
    options.roots = {folder.path()};
    options.jobs = 1;
    options.rules.profile = checks::Profile::all;
    options.adapters.shellcheck = true;
  }
  // A program that answers `script` in the stead of ShellCheck.
  void pretend(const std::string& script) {
    options.adapters.shellcheck_program = folder.path() + "/fake";
    REQUIRE(write_file_atomic(options.adapters.shellcheck_program, "#!/bin/sh\n" + script + "\n", 0755));
  }
  [[nodiscard]] Output run() const {
    Result<Output> output = scan::run(options);
    REQUIRE(output);
    return *std::move(output);
  }
};

bool installed() {
  ProcessSpec spec;
  spec.argv = {"shellcheck", "--version"};
  if (run_process(spec)) return true;
  MESSAGE("SKIPPED: shellcheck is not installed (apt-get install shellcheck)");
  return false;
}

const Coverage* coverage(const Output& output) {
  for (const Coverage& entry : output.coverage) {
    if (entry.analyser == k_shellcheck_analyser) return &entry;
  }
  return nullptr;
}

std::vector<Finding> of_shellcheck(const Output& output, const std::string& rule = {}) {
  std::vector<Finding> found;
  for (const Finding& finding : output.findings) {
    if (rule.empty() ? finding.rule.starts_with("shellcheck.") : finding.rule == rule)
      found.push_back(finding);
  }
  return found;
}

std::string text_at(std::string_view dockerfile, const Finding& finding) {
  return std::string(dockerfile.substr(finding.region.offset, finding.region.length));
}

}  // namespace

TEST_CASE("bodies are cut out of the file as the shell of the step sees them") {
  const std::string_view text =
      "FROM debian\n"
      "ARG lower=1\n"
      "ENV OTHER=2\n"
      "RUN echo a \\\n"
      "# gone\n"
      "  && echo b\n"
      "SHELL [\"/bin/bash\", \"-e\", \"-c\"]\n"
      "RUN <<-EOF\n\techo c\r\n\techo d\n\tEOF\n"
      "RUN <<EOF\n#!/bin/dash\necho e\nEOF\n"
      "RUN [\"true\"]\n"
      "SHELL [\"/bin/zsh\", \"-c\"]\n"
      "RUN echo f\n"
      "SHELL [\"pwsh\", \"-Command\"]\n"
      "RUN Get-Item\n";
  const ShellBodies bodies = shell_bodies(text);
  REQUIRE(bodies.bodies.size() == 3);
  CHECK(bodies.other_shells == 2);
  CHECK_FALSE(bodies.incomplete);
  const auto script = [&](std::size_t i) { return ShellcheckScript(bodies.bodies[i], text).text(); };
  CHECK(script(0) == "#!/bin/sh\nexport OTHER lower\necho a   && echo b\n");
  CHECK(script(1) == "#!/bin/bash -e\nexport OTHER lower\necho c\necho d\n");
  CHECK(script(2) == "#!/bin/dash\nexport OTHER lower\necho e\n");
}

TEST_CASE("places go back to the exact bytes over continuations, comments and wide characters") {
  const std::string_view text = "FROM x\nRUN echo é $A \\\n# c\n\\\n  $B\n";
  const ShellBodies bodies = shell_bodies(text);
  REQUIRE(bodies.bodies.size() == 1);
  const ShellcheckScript script(bodies.bodies[0], text);
  CHECK(script.text() == "#!/bin/sh\necho é $A   $B\n");
  CHECK(script.span(2, 8, 2, 10)->of(text) == "$A");
  CHECK(script.span(2, 13, 2, 15)->of(text) == "$B");
  CHECK(script.span(2, 8, 2, 15)->of(text) == "$A \\\n# c\n\\\n  $B");
  CHECK(script.span(2, 13, 2, 13)->size() == 1);
  CHECK_FALSE(script.span(1, 1, 1, 3));
  CHECK_FALSE(script.span(0, 0, 0, 0));
  CHECK_FALSE(script.span(99, 1, 99, 2));
  CHECK(script.span(2, 4'000'000'000, 9, 9)->end <= text.size());
}

TEST_CASE("the worker's list survives the wire, and nonsense does not") {
  const std::string_view text = "FROM x\nARG A\n# hadolint ignore=SC2086 why\nRUN echo $A\n";
  const std::string wire = encode(shell_bodies(text));
  const Result<ShellBodies> back = decode_shell_bodies(wire, text.size());
  REQUIRE(back);
  CHECK(back->bodies.size() == 1);
  REQUIRE(back->excuses.size() == 1);
  CHECK(back->excuses[0].names == std::vector<std::string>{"SC2086"});
  CHECK_FALSE(decode_shell_bodies(wire, 10));
  for (std::size_t cut = 0; cut < wire.size(); ++cut)
    CHECK_FALSE(decode_shell_bodies(wire.substr(0, cut), text.size()));
  CHECK_FALSE(decode_shell_bodies(wire + "x", text.size()));
  ShellBodies hostile = shell_bodies(text);
  hostile.bodies[0].variables = {"A; rm -rf /"};
  CHECK_FALSE(decode_shell_bodies(encode(hostile), text.size()));
}

TEST_CASE("answers that make no sense are errors, never an empty result") {
  const std::string_view text = "FROM x\nRUN echo $A\n";
  const std::vector<ShellcheckScript> scripts{{shell_bodies(text).bodies[0], text}};
  const auto read = [&](const std::string& comment) {
    return read_shellcheck("{\"comments\":[" + comment + "]}", scripts);
  };
  const std::string good =
      R"({"file":"0","line":2,"endLine":2,"column":6,"endColumn":8,"level":"info","code":2086,"message":"m"})";
  REQUIRE(read(good));
  CHECK(read(good)->front().rule == "shellcheck.SC2086");
  CHECK(read(good)->front().span.of(text) == "$A");
  CHECK(read("")->empty());
  CHECK_FALSE(read_shellcheck("", scripts));
  CHECK_FALSE(read_shellcheck("[]", scripts));
  CHECK_FALSE(read_shellcheck("{\"comments\":1}", scripts));
  CHECK_FALSE(read(R"({"file":"7","line":2,"code":2086,"level":"info"})"));
  CHECK_FALSE(read(R"({"file":"0x","line":2,"code":2086,"level":"info"})"));
  CHECK_FALSE(read(R"({"file":"0","line":2,"code":-1,"level":"info"})"));
  CHECK_FALSE(read(R"({"file":"0","line":2,"code":2086,"level":"new"})"));
}

TEST_CASE("a shellcheck that is missing, fails, hangs or lies is failed coverage") {
  Scene scene("FROM debian:12\nRUN echo $A\n");
  const auto reason = [&scene] {
    const Output output = scene.run();
    const Coverage* entry = coverage(output);
    REQUIRE(entry != nullptr);
    CHECK(entry->status == CoverageStatus::failed);
    return entry->reason;
  };
  scene.options.adapters.shellcheck_program = scene.folder.path() + "/absent";
  CHECK(reason().find("absent") != std::string::npos);
  scene.pretend("echo broken >&2; exit 3");
  CHECK(reason().find("exit status 3: broken") != std::string::npos);
  scene.pretend("kill -9 $$");
  CHECK(reason().find("signal 9") != std::string::npos);
  scene.pretend("echo nothing");
  CHECK_FALSE(reason().empty());
  scene.pretend("exit 0");
  CHECK_FALSE(reason().empty());
  scene.pretend("head -c 20000000 /dev/zero | tr '\\0' x");
  CHECK(reason().find("too much") != std::string::npos);
  scene.options.adapters.deadline = std::chrono::milliseconds(50);
  scene.pretend("exec sleep 60");
  CHECK(reason().find("longer than 50 ms") != std::string::npos);
}

TEST_CASE("the program gets bodies as files, no configuration and an empty environment") {
  Scene scene("FROM debian:12\nRUN echo a\nRUN echo b\n");
  scene.pretend(
      "[ -z \"$HOME$SLUICE_TEST\" ] && [ \"$1\" = --norc ] && grep -q 'echo a' 0 && grep -q 'echo b' 1 && "
      "echo '{\"comments\":[]}'");
  setenv("SLUICE_TEST", "seen", 1);
  const Output output = scene.run();
  unsetenv("SLUICE_TEST");
  REQUIRE(coverage(output) != nullptr);
  CHECK(coverage(output)->reason == "");
  CHECK(coverage(output)->status == CoverageStatus::analysed);
}

TEST_CASE("a file without shell text needs no shellcheck") {
  Scene scene("FROM debian:12\nCOPY a /b\n");
  scene.options.adapters.shellcheck_program = "/absent";
  const Output output = scene.run();
  REQUIRE(coverage(output) != nullptr);
  CHECK(coverage(output)->status == CoverageStatus::analysed);
}

TEST_CASE("without the adapter nothing is started") {
  Scene scene("FROM debian:12\nRUN echo $A\n");
  scene.options.adapters.shellcheck = false;
  scene.options.adapters.shellcheck_program = "/absent";
  CHECK(coverage(scene.run()) == nullptr);
}

TEST_CASE("shellcheck's findings stand at the bytes that they are about") {
  if (!installed()) return;
  const std::string_view text =
      "FROM debian:12\n"
      "RUN set -e; \\\n"
      "    # a comment\n"
      "    arr=$(ls *.txt | grep x); \\\n"
      "    echo \"done\"\n"
      "RUN <<EOF\n"
      "for f in $(ls); do\n"
      "  echo \"$f\"\n"
      "done\n"
      "EOF\n";
  const Output output = Scene(text).run();
  const std::vector<Finding> unused = of_shellcheck(output, "shellcheck.SC2034");
  REQUIRE(unused.size() == 1);
  CHECK(text_at(text, unused[0]) == "arr");
  CHECK(unused[0].region.line == 4);
  CHECK(unused[0].aliases == std::vector<std::string>{"shellcheck:SC2034"});
  CHECK(unused[0].severity == Severity::low);
  CHECK_FALSE(unused[0].fingerprint.empty());
  const std::vector<Finding> loop = of_shellcheck(output, "shellcheck.SC2045");
  REQUIRE(loop.size() == 1);
  CHECK(text_at(text, loop[0]) == "$(ls)");
  CHECK(std::any_of(output.rules.begin(), output.rules.end(),
                    [](const RuleInfo& rule) { return rule.id == "shellcheck.SC2034"; }));
}

TEST_CASE("what a check of ours reports at the same place is not reported twice") {
  if (!installed()) return;
  const std::string_view text = "FROM debian:12\nARG DIR\nRUN mkdir $DIR\n";
  const Output output = Scene(text).run();
  CHECK(std::any_of(output.findings.begin(), output.findings.end(),
                    [](const Finding& finding) { return finding.rule == "docker.shell-unquoted"; }));
  CHECK(of_shellcheck(output, "shellcheck.SC2086").empty());
  Scene without(text);
  without.options.rules.profile = checks::Profile::normal;
  CHECK(of_shellcheck(without.run(), "shellcheck.SC2086").size() == 1);
}

TEST_CASE(
    "comments excuse shellcheck's findings, ours and hadolint's, and the configuration switches them off") {
  if (!installed()) return;
  const auto status = [](std::string_view comment) {
    const Output output = Scene("FROM debian:12\n" + std::string(comment) + "\nRUN x=1; true\n").run();
    const std::vector<Finding> found = of_shellcheck(output, "shellcheck.SC2034");
    REQUIRE(found.size() == 1);
    return found[0].status;
  };
  CHECK(status("# plain") == FindingStatus::fresh);
  CHECK(status("# hadolint ignore=SC2034") == FindingStatus::suppressed);
  CHECK(status("# hadolint ignore=SC2086") == FindingStatus::fresh);
  CHECK(status("# sluice:ignore shellcheck.SC2034 the name is read by a hook") == FindingStatus::suppressed);
  CHECK(status("# sluice:ignore SC2034 the name is read by a hook") == FindingStatus::suppressed);
  CHECK(status("# sluice:ignore SC2034") == FindingStatus::fresh);
  Scene off("FROM debian:12\nRUN x=1; true\n");
  off.options.rules.off = {"shellcheck.SC2034"};
  CHECK(of_shellcheck(off.run(), "shellcheck.SC2034").empty());
}

TEST_CASE("bytes that are no text and unclosed quotes do not end the analysis") {
  if (!installed()) return;
  const Output output =
      Scene("FROM debian:12\nRUN echo \xFF\xFE $x\x01\nRUN echo \"open\nRUN cd /x; ls\n").run();
  REQUIRE(coverage(output) != nullptr);
  CHECK(coverage(output)->reason == "");
  CHECK(coverage(output)->status == CoverageStatus::analysed);
  CHECK_FALSE(of_shellcheck(output).empty());
}

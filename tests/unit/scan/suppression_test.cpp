#include "scan/suppression.h"
#include "scan/analysers.h"
#include "scan/scan.h"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::scan;

namespace {

// The suppression of a text whose whole is one comment.
std::optional<Suppression> parse(std::string_view comment) {
  return parse_suppression(comment, {{0, static_cast<std::uint32_t>(comment.size())}, {0, 1}});
}

// The lines (from 1) that the marks of a text speak of, for comments that begin with '#'.
std::vector<std::string> targets(const std::string& text) {
  std::vector<Span> comments;
  for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#', at + 1)) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    comments.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
  }
  std::vector<std::string> out;
  for (const CommentMark& mark : mark_comments(text, comments)) out.emplace_back(mark.target.of(text));
  return out;
}

}  // namespace

TEST_CASE("every comment form of a suppression is read") {
  for (const std::string text :
       {"# sluice:ignore py.eval tested input", "// sluice:ignore py.eval tested input",
        "-- sluice:ignore py.eval tested input", "; sluice:ignore py.eval tested input",
        "/* sluice:ignore py.eval tested input */", "<!-- sluice:ignore py.eval tested input -->",
        "/*\n * sluice:ignore py.eval: tested input\n */", "#sluice:ignore py.eval -- tested input"}) {
    CAPTURE(text);
    const auto suppression = parse(text);
    REQUIRE(suppression);
    CHECK(suppression->rules == std::vector<std::string>{"py.eval"});
    CHECK(suppression->reason == "tested input");
    CHECK(suppression->own);
  }
}

TEST_CASE("several rules stand behind commas") {
  const auto suppression = parse("# sluice:ignore hadolint:DL3006, docker.x,b/c because");
  REQUIRE(suppression);
  CHECK(suppression->rules == std::vector<std::string>{"hadolint:DL3006", "docker.x", "b/c"});
  CHECK(suppression->reason == "because");
}

TEST_CASE("a suppression without a reason or without a rule is seen as such") {
  CHECK(parse("# sluice:ignore py.eval")->reason.empty());
  CHECK(parse("# sluice:ignore py.eval --")->reason.empty());
  CHECK(parse("/* sluice:ignore py.eval */")->reason.empty());
  CHECK(parse("# sluice:ignore")->rules.empty());
}

TEST_CASE("a comment that only speaks of suppressions is none") {
  CHECK_FALSE(parse("# write sluice:ignore py.eval reason"));
  CHECK_FALSE(parse("# sluice:ignored py.eval reason"));
  CHECK_FALSE(parse("# nosemantics here"));
}

TEST_CASE("nosemgrep is read with and without rules") {
  CHECK(parse("# nosemgrep")->rules.empty());
  CHECK_FALSE(parse("# nosemgrep")->own);
  CHECK(parse("// noqa nosem: a.b.c, d")->rules == std::vector<std::string>{"a.b.c", "d"});
}

TEST_CASE("a comment beside code speaks of its line, one alone of the line below") {
  CHECK(targets("a  # sluice:ignore r why\nb\n") == std::vector<std::string>{"a  # sluice:ignore r why"});
  CHECK(targets("a\n  # sluice:ignore r why\nb\n") == std::vector<std::string>{"b"});
  CHECK(targets("# sluice:ignore r why\n# sluice:ignore s why\nb\n") == std::vector<std::string>{"b", "b"});
  CHECK(targets("# sluice:ignore r why").front() == "# sluice:ignore r why");
  CHECK(targets("# nothing\na\n").empty());
}

TEST_CASE("behind the last line of a statement is a place for a comment too") {
  const std::string text = "f(a,\n  b)  # sluice:ignore r why\n";
  const std::uint32_t hash = static_cast<std::uint32_t>(text.find('#'));
  const auto marks = mark_comments(text, {{hash, static_cast<std::uint32_t>(text.size() - 1)}});
  const auto suppression = parse_suppression(text, marks.at(0));
  CHECK(covers(*suppression, {0, 9}));
  CHECK(covers(*suppression, {7, 8}));
  CHECK_FALSE(covers(*suppression, {0, 2}));
}

TEST_CASE("rules are named by id, by a peer's id, and behind Semgrep's folder names") {
  CHECK(names_rule("py.eval", "py.eval", {}));
  CHECK(names_rule("hadolint:DL3006", "docker.x", {"hadolint:DL3006"}));
  CHECK(names_rule("DL3006", "docker.x", {"hadolint:DL3006"}));
  CHECK(names_rule("python.lang.my-rule", "my-rule", {}));
  CHECK_FALSE(names_rule("not-my-rule", "my-rule", {}));
  CHECK_FALSE(names_rule("", "my-rule", {"x:"}));
}

TEST_CASE("a comment above an instruction speaks of all of it, also in a file of many") {
  constexpr std::size_t k_count = 20'000;
  std::string text = "FROM a:1\n";
  for (std::size_t i = 0; i < k_count; ++i) text += "# sluice:ignore docker.x because\nRUN a \\\n  b\n";
  const std::vector<CommentMark> marks = dockerfile_marks(text);
  REQUIRE(marks.size() == k_count);
  for (const CommentMark& mark : marks) REQUIRE(mark.target.of(text) == "RUN a \\\n  b");
}

TEST_CASE("a comment inside an instruction, and one above another comment, keep to their places") {
  const std::string text =
      "FROM a:1\n# sluice:ignore docker.x one\n# sluice:ignore docker.y two\nRUN a \\\n"
      "# sluice:ignore docker.z three\n  b \\\n  c\nRUN d\n";
  const std::vector<CommentMark> marks = dockerfile_marks(text);
  REQUIRE(marks.size() == 3);
  const std::string whole = "RUN a \\\n# sluice:ignore docker.z three\n  b \\\n  c";
  CHECK(marks[0].target.of(text) == whole);
  CHECK(marks[1].target.of(text) == whole);
  CHECK(marks[2].target.of(text) == "  b \\");
}

TEST_CASE("more suppressions than a file may have make it failed, with a reason") {
  Analysis analysis;
  analysis.marks.resize(k_max_marks_per_file);
  apply_limits(analysis);
  CHECK(analysis.status == CoverageStatus::analysed);
  analysis.marks.resize(k_max_marks_per_file + 1);
  apply_limits(analysis);
  CHECK(analysis.status == CoverageStatus::failed);
  CHECK(analysis.reason == "more than 2000 suppression comments; the first are reported");
  CHECK(analysis.marks.size() == k_max_marks_per_file);
}

TEST_CASE("nosemgrep excuses rules of Semgrep-format files only, never a compiled check") {
  RuleBookOptions options;
  options.profile = checks::Profile::all;
  const auto book = RuleBook::load(options);
  REQUIRE(book);
  const auto status_of = [&book](const std::string& comment) {
    const auto output =
        run_in_process("Dockerfile", "FROM a:1\n" + comment + "\nRUN sudo a\n", *book, false, std::nullopt);
    REQUIRE(output);
    for (const Finding& finding : output->findings) {
      if (finding.rule == "docker.sudo") return finding.status;
    }
    FAIL("docker.sudo was not found");
    return FindingStatus::existing;
  };
  CHECK(status_of("# nosemgrep") == FindingStatus::fresh);
  CHECK(status_of("# nosemgrep: docker.sudo") == FindingStatus::fresh);
  CHECK(status_of("# sluice:ignore docker.sudo because") == FindingStatus::suppressed);
}

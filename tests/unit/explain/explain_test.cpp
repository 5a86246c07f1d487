#include <ostream>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/file.h"
#include "explain/docs.h"
#include "explain/find.h"
#include "explain/fixture.h"
#include "explain/groups.h"
#include "explain/ignore.h"
#include "explain/peers.h"
#include "explain/render.h"
#include "scan/scan.h"
#include "syntax/dockerfile/document.h"

using namespace sluice;
using namespace sluice::explain;

namespace {

const scan::RuleBook& book() {
  static const scan::RuleBook all = [] {
    scan::RuleBookOptions options;
    options.profile = checks::Profile::all;
    return *scan::RuleBook::load(options);
  }();
  return all;
}

// Made once: making one runs all its examples.
const Page& page_of(const std::string& id) {
  static std::map<std::string, Page> pages;
  const auto known = pages.find(id);
  if (known != pages.end()) return known->second;
  Result<Page> page = make_page(book(), id);
  REQUIRE(page);
  return pages.emplace(id, *std::move(page)).first->second;
}

constexpr std::string_view k_fixture =
    "# docker.a, docker.b\n\n"
    "Why it\nfires.\n\n"
    "```dockerfile label=team:text\nFROM x  # expect: docker.a\nRUN y\n```\n\n"
    "After the fix:\n\n"
    "```dockerfile fixed\nFROM x@sha256:1\nRUN y\n```\n\n"
    "Plain text:\n\n```text\nno example\n```\n\n"
    "Clean.\n\n"
    "````dockerfile dockerignore=.git\nFROM y\n# expect: docker.b\nRUN <<E\n```\nE\n````\n";

// The example with a comment above the instruction that holds `line`, or, if it speaks of the file, at the
// top.
Example with_comment(Example example, const std::string& comment, std::uint32_t line) {
  const LineIndex lines(example.code);
  const syntax::dockerfile::Document document = syntax::dockerfile::parse_document(example.code);
  std::uint32_t at = 0;
  if (comment.starts_with("# check=")) {
    at = document.directives.empty() ? 0 : document.directives.front().span.begin;
  } else {
    const std::uint32_t found = static_cast<std::uint32_t>(lines.line_start(line));
    for (const auto& instruction : document.instructions) {
      const std::uint32_t start =
          static_cast<std::uint32_t>(lines.line_start(lines.at(instruction.span.begin).line));
      if (start <= found || &instruction == &document.instructions.front()) at = start;
    }
  }
  example.code.insert(at, comment + "\n");
  return example;
}

// Findings of the rule that nothing excuses.
std::size_t open_findings(const std::string& rule, const Example& example) {
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  options.docker = example.docker;
  const auto output = scan::run_in_process(example.name, example.code,
                                           example.configured ? *scan::RuleBook::load(options) : book(),
                                           false, example.ignore_file);
  REQUIRE(output);
  return static_cast<std::size_t>(
      std::count_if(output->findings.begin(), output->findings.end(), [&rule](const Finding& finding) {
        return finding.rule == rule && finding.status == FindingStatus::fresh;
      }));
}

}  // namespace

TEST_CASE("a fixture's blocks become examples without their marks") {
  const Fixture fixture = read_fixture(k_fixture);
  CHECK(fixture.rules == std::vector<std::string>{"docker.a", "docker.b"});
  REQUIRE(fixture.examples.size() == 2);
  const Example& bad = fixture.examples[0];
  CHECK(bad.prose == "Why it\nfires.");
  CHECK(bad.code == "FROM x\nRUN y\n");
  CHECK(bad.rules == std::set<std::string>{"docker.a"});
  CHECK(bad.configured);
  CHECK(bad.docker.label_schema.size() == 1);
  CHECK(bad.fixed == "FROM x@sha256:1\nRUN y\n");
  const Example& other = fixture.examples[1];
  CHECK(other.code == "FROM y\nRUN <<E\n```\nE\n");
  CHECK(other.ignore_file == ".git\n");
  CHECK(other.rules == std::set<std::string>{"docker.b"});
  CHECK_FALSE(other.fixed);
}

TEST_CASE("a mark means its line, and one on a line of its own the next") {
  const Fixture fixture = read_fixture(
      "# a, b\n```dockerfile\nFROM x  # expect: a, a\n  # expect: b\nRUN y  # expect: a\n# expect:a\n```\n");
  REQUIRE(fixture.examples.size() == 1);
  const Example& example = fixture.examples.front();
  CHECK(example.marks == std::multiset<Mark>{{1, "a"}, {1, "a"}, {2, "a"}, {2, "b"}});
  CHECK(example.code == "FROM x\nRUN y\n");
  CHECK(example.line == 2);
  CHECK(example.last == 7);
  CHECK(fixture.faults == std::vector<std::string>{"line 7: a mark without a line that it means"});
}

TEST_CASE("what is not in the form of a fixture is a fault, named with its line") {
  const auto faults = [](std::string_view text) { return read_fixture(text).faults; };
  using List = std::vector<std::string>;
  CHECK(faults("```dockerfile exakt\n```\n") == List{"line 1: not understood: exakt"});
  CHECK(faults("```dockerfile label=a:no-kind\n```\n") == List{"line 1: not understood: label=a:no-kind"});
  CHECK(faults("```dockerfile label=a\n```\n") == List{"line 1: not understood: label=a"});
  CHECK(faults("```dockerfile image=x\n```\n") == List{"line 1: not understood: image=x"});
  CHECK(faults("```dockerfile fixed\nFROM x\n```\n") ==
        List{"line 3: a fixed block without a block before it"});
  CHECK(faults("```dockerfile\n```\n```dockerfile fixed\n```\n```dockerfile fixed\n```\n") ==
        List{"line 6: a fixed block without a block before it"});
  CHECK(faults("```dockerfile\nFROM x\n") == List{"line 2: the block is not closed"});
  CHECK(faults("```dockerfile exact broken strict-labels name=a registry=b dockerignore=c file=d=e\n```\n")
            .empty());
}

TEST_CASE("a cut or odd fixture is read as far as it goes") {
  CHECK(read_fixture("").examples.empty());
  CHECK(read_fixture("```dockerfile\nFROM x\n").examples.empty());
  CHECK(read_fixture("```dockerfile fixed\nFROM x\n```\n").examples.empty());
  CHECK(read_fixture("# \n```\n```\n").rules.empty());
}

TEST_CASE("every rule's page has an example of both kinds, and what it reports comes from a run") {
  for (const auto& [id, rule] : book().rules()) {
    CAPTURE(id);
    const Page& page = page_of(id);
    const PageExample* bad = first_example(page, true);
    const PageExample* good = first_example(page, false);
    REQUIRE(bad != nullptr);
    REQUIRE(good != nullptr);
    CHECK_FALSE(bad->reports.empty());
    CHECK(good->reports.empty());
    CHECK_FALSE(page.info.why.empty());
    CHECK_FALSE(bad->example.prose.empty());
  }
}

TEST_CASE("every rule has a group of its own, and no group is empty") {
  std::map<std::string_view, int> sizes;
  for (const auto& [id, rule] : book().rules()) {
    CAPTURE(id);
    CHECK(group_of(id).title != "Other rules");
    ++sizes[group_of(id).title];
  }
  for (const Group& group : groups()) {
    CAPTURE(group.title);
    if (group.title != "Other rules") CHECK(sizes[group.title] > 0);
  }
  CHECK(group_of("acme.anything").title == "Other rules");
}

TEST_CASE("the exact names in a group are names of rules") {
  for (const Group& group : groups()) {
    std::string_view list = group.rules;
    while (!list.empty()) {
      const std::string_view name = list.substr(0, list.find(' '));
      list.remove_prefix(std::min(list.size(), name.size() + 1));
      CAPTURE(name);
      if (name.find('*') == std::string_view::npos) CHECK(book().find(name) != nullptr);
    }
  }
}

TEST_CASE("a rule is found by id, short id, other tools' ids and weakness, in any case") {
  using List = std::vector<std::string>;
  CHECK(find_rules(book(), "docker.apt-unpinned") == List{"docker.apt-unpinned"});
  CHECK(find_rules(book(), "apt-unpinned") == List{"docker.apt-unpinned"});
  CHECK(find_rules(book(), "hadolint:DL3008") == List{"docker.apt-unpinned"});
  CHECK(find_rules(book(), "dl3008") == List{"docker.apt-unpinned"});
  CHECK(find_rules(book(), "SC2086") == List{"docker.shell-unquoted"});
  CHECK(find_rules(book(), "SecretsUsedInArgOrEnv").size() == 1);
  CHECK(find_rules(book(), "CWE-798").size() > 1);
  CHECK(find_rules(book(), "trivy:DS-0001").size() > 1);
  CHECK(find_rules(book(), "DL9999").empty());
  CHECK(find_rules(book(), "").empty());
  CHECK(find_rules(book(), "docker").empty());
}

TEST_CASE("a slip is answered with the nearest known name") {
  CHECK(nearest_name(book(), "docker.apt-unpined") == "docker.apt-unpinned");
  CHECK(nearest_name(book(), "hadolint:dl30088") == "hadolint:DL3008");
  CHECK(nearest_name(book(), "completely different").empty());
}

TEST_CASE("an alias is taken apart, with the address of its description") {
  CHECK(peer_id("hadolint:DL3008").url == "https://github.com/hadolint/hadolint/wiki/DL3008");
  CHECK(peer_id("buildkit:SecretsUsedInArgOrEnv").url ==
        "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/");
  CHECK(peer_id("buildkit:JSONArgsRecommended").url ==
        "https://docs.docker.com/reference/build-checks/json-args-recommended/");
  CHECK(peer_id("cis:4.1").name == "CIS Docker Benchmark");
  CHECK(peer_id("acme:x:y").id == "x:y");
  CHECK(peer_id("bare").id == "bare");
}

TEST_CASE("every comment that a page recommends does excuse the finding") {
  for (const auto& [id, rule] : book().rules()) {
    if (rule.origin != scan::RuleOrigin::docker) continue;
    const Page& page = page_of(id);
    const PageExample& bad = *first_example(page, true);
    for (const IgnoreForm& form : ignore_comments(page)) {
      CAPTURE(id);
      CAPTURE(form.text);
      const Example changed = with_comment(bad.example, form.text, bad.reports.front().line);
      CAPTURE(changed.code);
      const std::size_t left = open_findings(id, changed);
      CHECK(left < bad.reports.size());
      if (form.reach.starts_with("the file")) CHECK(left == 0);
    }
  }
}

TEST_CASE("markdown keeps hidden characters visible and outgrows a fence inside the code") {
  Page page;
  page.info.id = "acme.x";
  page.info.title = "A <b> *bold* title | `a|b`";
  page.group = groups().back().title;
  PageExample item;
  item.bad = true;
  item.example.language = "dockerfile";
  item.example.code =
      "RUN a\xE2\x80\xAE"
      "b\n```\n";
  page.examples.push_back(item);
  const std::string text = to_markdown(page);
  CHECK(text.starts_with(k_generated_mark));
  CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(text.find("````dockerfile\n") != std::string::npos);
  CHECK(text.find("A \\<b> \\*bold\\* title \\| `a|b`") != std::string::npos);
  CHECK(text.ends_with("\n"));
  CHECK_FALSE(text.ends_with("\n\n"));
}

TEST_CASE("text for a terminal holds escapes only when colour is wanted, and none of the rule's own") {
  const Result<Page> page = make_page(book(), "docker.hidden-text");
  REQUIRE(page);
  CHECK(to_text(*page, false).find('\x1b') == std::string::npos);
  CHECK(to_text(*page, true).find('\x1b') != std::string::npos);
  Page hostile = *page;
  hostile.info.why = "x \x1b[2J y";
  CHECK(to_text(hostile, false).find('\x1b') == std::string::npos);
}

TEST_CASE("the name of a page cannot leave its folder") {
  CHECK(page_name("docker.sudo") == "docker.sudo.md");
  CHECK(page_name("../x/y") == "_._x_y.md");
  CHECK(page_name("").find('/') == std::string::npos);
}

TEST_CASE("writing the docs again changes nothing, and only generated pages are removed") {
  const Result<TempDirectory> folder = TempDirectory::create();
  REQUIRE(folder);
  const std::string docs = folder->path() + "/docs";
  const std::map<std::string, std::string> files{{"a.md", std::string(k_generated_mark) + "\n# a\n"}};
  CHECK(write_docs(files, docs)->written == 1);
  CHECK(write_docs(files, docs)->written == 0);
  REQUIRE(write_file_atomic(docs + "/gone.md", std::string(k_generated_mark) + "\n# gone\n"));
  REQUIRE(write_file_atomic(docs + "/mine.md", "# mine\n"));
  CHECK(write_docs(files, docs)->removed == 1);
  CHECK_FALSE(path_exists(docs + "/gone.md"));
  CHECK(path_exists(docs + "/mine.md"));
}

#include "scan/discover.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "tree_folder.h"

using namespace sluice;
using namespace sluice::scan;

namespace {

class Tree : public TreeFolder {
 public:
  [[nodiscard]] Discovery discover(std::vector<std::string> tracked = {}) const {
    auto found = sluice::scan::discover({{root()}, std::move(tracked)});
    REQUIRE(found);
    return *std::move(found);
  }
  [[nodiscard]] std::string paths() const { return names(discover()); }

  static std::string names(const Discovery& discovery) {
    std::string out;
    for (const SourceFile& file : discovery.files) out += (out.empty() ? "" : " ") + file.path;
    return out;
  }
};

std::string kind(const Discovery& discovery, std::string_view path) {
  for (const SourceFile& file : discovery.files) {
    if (file.path != path) continue;
    return file.dockerfile            ? "dockerfile"
           : file.language == nullptr ? "none"
                                      : std::string(file.language->name);
  }
  return "absent";
}

}  // namespace

TEST_CASE("files come sorted by path, relative to the root, and .git is not entered") {
  Tree tree;
  tree.put("b.py");
  tree.put("a/z.py");
  tree.put("a.py");
  tree.put(".github/w.yml");
  tree.put(".git/config");
  tree.put("sub/.git");  // a submodule's file
  CHECK(tree.paths() == ".github/w.yml a.py a/z.py b.py");
}

TEST_CASE("nested ignore files decide, and an ignored folder is not entered") {
  Tree tree;
  tree.put(".gitignore", "out/\n*.gen.py\n!keep.gen.py\n");
  tree.put("out/a.py");
  tree.put("out/.gitignore", "!a.py\n");
  tree.put("x.gen.py");
  tree.put("keep.gen.py");
  tree.put("sub/x.gen.py");
  tree.put("sub/.gitignore", "!x.gen.py\n/local.py\n");
  tree.put("sub/local.py");
  tree.put("sub/deep/local.py");
  tree.put("own.py");
  tree.put(".sluiceignore", "own.py\n");
  const Discovery found = tree.discover();
  CHECK(Tree::names(found) ==
        ".gitignore .sluiceignore keep.gen.py sub/.gitignore sub/deep/local.py sub/x.gen.py");
  CHECK(found.ignored == 4);
}

TEST_CASE(".git/info/exclude and the ignore files above the root hold too") {
  Tree tree;
  tree.put(".git/info/exclude", "secret.py\n");
  tree.put(".gitignore", "/sub/skipped.py\n*.log.py\n");
  tree.put("sub/.gitignore", "mid.py\n");
  tree.put("sub/inner/secret.py");
  tree.put("sub/inner/mid.py");
  tree.put("sub/inner/a.log.py");
  tree.put("sub/inner/good.py");
  tree.put("sub/skipped.py");
  const auto inner = discover({{tree.at("sub/inner")}, {}});
  REQUIRE(inner);
  CHECK(Tree::names(*inner) == "good.py");
  const auto sub = discover({{tree.at("sub")}, {}});
  REQUIRE(sub);
  CHECK(Tree::names(*sub) == ".gitignore inner/good.py");
}

TEST_CASE("a tracked file cannot be hidden by git's ignore files, but by .sluiceignore") {
  Tree tree;
  tree.put(".gitignore", "*.py\nvendor/\n");
  tree.put("a.py");
  tree.put("b.py");
  tree.put("vendor/x/c.py");
  tree.put("vendor/x/d.py");
  tree.put("own.py");
  tree.put(".sluiceignore", "own.py\n");
  CHECK(Tree::names(tree.discover({"a.py", "own.py", "vendor/x/c.py"})) ==
        ".gitignore .sluiceignore a.py vendor/x/c.py");
}

TEST_CASE("what git tracks is asked for once, and only where an ignore file matches something") {
  Tree tree;
  tree.put("a.py");
  int asked = 0;
  DiscoverOptions options{{tree.root()}};
  options.ask_tracked = [&](const std::string& folder) -> Result<std::vector<std::string>> {
    CHECK(folder == tree.root());
    ++asked;
    return std::vector<std::string>{"gen/b.py", "c.gen.py"};
  };
  REQUIRE(discover(options));
  CHECK(asked == 0);
  tree.put(".gitignore", "gen/\n*.gen.py\n");
  tree.put("gen/b.py");
  tree.put("gen/untracked.py");
  tree.put("c.gen.py");
  tree.put("d.gen.py");
  const auto found = discover(options);
  REQUIRE(found);
  CHECK(asked == 1);
  CHECK(Tree::names(*found) == ".gitignore a.py c.gen.py gen/b.py");
  CHECK(found->ignored == 2);

  options.ask_tracked = [](const std::string&) -> Result<std::vector<std::string>> {
    return fail(ErrorKind::tool, "git.owner", "it belongs to another user");
  };
  const auto unknown = discover(options);
  REQUIRE(unknown);
  CHECK(Tree::names(*unknown) == ".gitignore a.py");
  REQUIRE(unknown->coverage.size() == 1);
  CHECK(unknown->coverage[0].status == CoverageStatus::failed);  // a policy sees it
  CHECK(unknown->coverage[0].reason.find("another user") != std::string::npos);
}

TEST_CASE("a root can be called otherwise than it is named") {
  Tree tree;
  tree.put("x/a.py");
  DiscoverOptions options{{tree.at("x"), tree.at("x/a.py")}};
  options.shown_as = {"src", "b/c.py"};
  const auto found = discover(options);
  REQUIRE(found);
  CHECK(Tree::names(*found) == "b/c.py src/a.py");
}

TEST_CASE("links and special files are reported, not followed") {
  Tree tree;
  tree.put("real/a.py");
  tree.link("/etc", "etc");
  tree.link("real/a.py", "b.py");
  tree.link("..", "loop");
  REQUIRE(mkfifo(tree.at("fifo.py").c_str(), 0600) == 0);
  const Discovery found = tree.discover();
  CHECK(Tree::names(found) == "real/a.py");
  REQUIRE(found.coverage.size() == 4);
  for (const Coverage& coverage : found.coverage) {
    CHECK(coverage.status == CoverageStatus::skipped);
    CHECK(coverage.analyser == "discover");
    CHECK(coverage.reason ==
          (coverage.path == "fifo.py" ? "not a regular file" : "a symbolic link is not followed"));
  }
}

TEST_CASE("Dockerfiles are found by name") {
  Tree tree;
  for (const char* name : {"Dockerfile", "Dockerfile.prod", "dockerfile-dev", "app.dockerfile",
                           "Containerfile", "Containerfile.x", "a/DOCKERFILE_b"}) {
    tree.put(name, "nothing like one");
    CHECK(kind(tree.discover(), name) == "dockerfile");
  }
  for (const char* name : {"Dockerfile.dockerignore", ".dockerignore", "Dockerfile.md", "dockerfiles.txt"}) {
    tree.put(name, "nothing like one");
    CHECK(kind(tree.discover(), name) == "none");
  }
}

TEST_CASE("Dockerfiles are found by content where the name allows it") {
  Tree tree;
  tree.put("build/image",
           "# a comment\n\nARG A=1 \\\n  B=2\nfrom --platform=linux/amd64 debian AS base\nRUN x\n");
  CHECK(kind(tree.discover(), "build/image") == "dockerfile");
  tree.put("mbox", "From someone@example.org Mon Jan  1 00:00:00 2024\n");
  CHECK(kind(tree.discover(), "mbox") == "none");
  tree.put("prose", "From here on\n");
  CHECK(kind(tree.discover(), "prose") == "none");
  tree.put("script", "#!/bin/sh\nFROM x\n");
  CHECK(kind(tree.discover(), "script") == "none");
  tree.put("Dockerfile.go", "FROM golang\n");
  CHECK(kind(tree.discover(), "Dockerfile.go") == "dockerfile");
  tree.put("dockerfile.js", "module.exports = 1\n");
  CHECK(kind(tree.discover(), "dockerfile.js") == "javascript");
  tree.put("args", "ARG A\nARG B\n");
  CHECK(kind(tree.discover(), "args") == "none");
}

TEST_CASE("a file that the user names is taken, ignored or linked or not") {
  Tree tree;
  tree.put(".gitignore", "*\n");
  tree.put("real.py", "pass\n");
  tree.link("real.py", "link.py");
  tree.put("image.in", "FROM debian\n");
  const auto found =
      discover({{tree.at("real.py"), tree.at("link.py"), tree.at("image.in"), tree.at("real.py")}, {}});
  REQUIRE(found);
  REQUIRE(found->files.size() == 3);
  CHECK(found->files[0].path == tree.at("image.in"));
  CHECK(found->files[0].dockerfile);
  CHECK(*read_source(found->files[1], 100) == "pass\n");
}

TEST_CASE("with several roots each path has its root in front, and no file comes twice") {
  Tree tree;
  tree.put("a/x.py");
  tree.put("a/b/y.py");
  const auto found = discover({{tree.at("a"), tree.at("a/b")}, {}});
  REQUIRE(found);
  CHECK(Tree::names(*found) == tree.at("a/b/y.py") + " " + tree.at("a/x.py"));
}

TEST_CASE("a root that does not exist is an error") {
  const auto found = discover({{"/nonexistent/x"}, {}});
  REQUIRE_FALSE(found);
  CHECK(found.error().code == "scan.root-missing");
  CHECK_FALSE(discover({{""}, {}}));
  CHECK_FALSE(discover({{"/dev/null"}, {}}));
}

TEST_CASE("too large, binary, and exchanged files are not read") {
  Tree tree;
  tree.put("a.py", "0123456789");
  tree.put("b.py", std::string_view("a\0b", 3));
  tree.put("c.py");
  const Discovery found = tree.discover();
  CHECK(read_source(found.files[0], 10));
  CHECK(read_source(found.files[0], 9).error().code == "scan.too-large");
  CHECK(read_source(found.files[1], 9).error().code == "scan.binary");
  REQUIRE(unlink(tree.at("c.py").c_str()) == 0);
  tree.link("/etc/passwd", "c.py");
  CHECK_FALSE(read_source(found.files[2], 1000));
}

TEST_CASE("names that are not UTF-8 are shown escaped, and the file is read all the same") {
  Tree tree;
  tree.put("bad\xFF\xC3.py", "pass");
  const Discovery found = tree.discover();
  REQUIRE(found.files.size() == 1);
  CHECK(found.files[0].path == "bad\\xFF\\xC3.py");
  CHECK(*read_source(found.files[0], 100) == "pass");
}

TEST_CASE("an ignore file that is too large is not applied, and said") {
  Tree tree;
  tree.put(".gitignore", std::string(k_max_ignore_file_bytes + 1, '*'));
  tree.put("a.py");
  const Discovery found = tree.discover();
  CHECK(Tree::names(found) == ".gitignore a.py");
  REQUIRE(found.coverage.size() == 1);
  CHECK(found.coverage[0].status == CoverageStatus::failed);
  CHECK(found.coverage[0].path == ".gitignore");
}

TEST_CASE("folders nested too deep are failed, not silently left out") {
  Tree tree;
  std::string path;
  for (std::size_t i = 0; i < k_max_folder_depth + 3; ++i) path += "d/";
  tree.put(path + "a.py");
  const Discovery found = tree.discover();
  CHECK(found.files.empty());
  REQUIRE(found.coverage.size() == 1);
  CHECK(found.coverage[0].status == CoverageStatus::failed);
}

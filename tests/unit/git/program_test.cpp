// Repositories with SHA-256 object ids, read through the git program: the same record as git's own commands
// give, and nothing that the repository configures is run.
#include <fstream>
#include <ostream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/effects.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "git/history.h"
#include "git/object_signature.h"
#include "git/program_objects.h"
#include "git/revision.h"
#include "git/source.h"

using namespace sluice;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

struct Fixture {
  TempDirectory outer = std::move(*TempDirectory::create());
  std::string path_ = outer.path() + "/repo";
  Fixture() {
    REQUIRE(make_directories(path_));
    git({"init", "-q", "-b", "main", "--object-format=sha256", "."});
    write("a.txt", "one\n");
    write(".gitignore", "ignored\n");
    REQUIRE(make_directories(path_ + "/d.x/e"));
    write("d.x/e/f", "f\n");
    write("d", "sorted before d.x as a file\n");
    commit("first");
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  std::string git(std::vector<std::string> arguments) const {
    ProcessSpec spec;
    spec.argv = {"git"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {{"PATH", current_environment()["PATH"]},
                        {"HOME", outer.path()},
                        {"GIT_CONFIG_NOSYSTEM", "1"},
                        {"GIT_AUTHOR_NAME", "a"},
                        {"GIT_AUTHOR_EMAIL", "author@example.com"},
                        {"GIT_COMMITTER_NAME", "c"},
                        {"GIT_COMMITTER_EMAIL", "committer@example.com"}};
    spec.working_directory = path_;
    const auto result = run_process(spec);
    REQUIRE(result);
    REQUIRE_MESSAGE(result->ok(), result->err.text());
    std::string out = result->out.text();
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary | std::ios::trunc) << text;
  }
  std::string commit(const std::string& message) const {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return git({"rev-parse", "HEAD"});
  }
  [[nodiscard]] SourceRecord read() const {
    auto record = git::read_source(path_);
    REQUIRE_MESSAGE(record.has_value(), to_string(record.error()));
    return *record;
  }
};

}  // namespace

TEST_CASE("a clean SHA-256 tree is its commit, as git says") {
  const Fixture repo;
  repo.git({"remote", "add", "origin", "https://me:s3cret@git.example/team/app.git?token=x"});
  repo.git({"tag", "-a", "v1.0", "-m", "v1.0"});
  repo.git({"tag", "light"});
  const SourceRecord record = repo.read();
  CHECK(record.commit == repo.git({"rev-parse", "HEAD"}));
  CHECK(record.commit.size() == 64);
  CHECK(record.tree == repo.git({"rev-parse", "HEAD^{tree}"}));
  CHECK(record.branch == "refs/heads/main");
  CHECK(record.tags == std::vector<std::string>{"refs/tags/light", "refs/tags/v1.0"});
  CHECK(record.describe == "v1.0");
  CHECK(record.remote == "https://git.example/team/app.git");
  CHECK_FALSE(record.dirty);
  CHECK(record.worktree_tree == record.tree);
  CHECK(record.index_tree == record.tree);
  CHECK(record.commit_time > 0);
  CHECK(record.signature_kind.empty());
  CHECK(record.root == repo.path() + "/");
  CHECK(git::read_source(repo.path() + "/d.x/e")->commit == record.commit);
}

TEST_CASE("a dirty SHA-256 tree has the tree id that git would commit, and nothing is written") {
  const Fixture repo;
  repo.write("a.txt", "two\n");
  repo.write("new.txt", "n\n");
  repo.write("ignored", "i\n");
  REQUIRE(::unlink((repo.path() + "/d").c_str()) == 0);
  REQUIRE(::chmod((repo.path() + "/d.x/e/f").c_str(), 0755) == 0);
  REQUIRE(::symlink("a.txt", (repo.path() + "/link").c_str()) == 0);
  const std::string before = repo.git({"count-objects", "-v"});
  const SourceRecord record = repo.read();
  CHECK(record.dirty);
  CHECK(record.dirty_paths == std::vector<std::string>{"a.txt", "d", "d.x/e/f", "link", "new.txt"});
  CHECK(record.index_tree == record.tree);
  CHECK(repo.git({"count-objects", "-v"}) == before);
  repo.git({"add", "-A"});
  CHECK(record.worktree_tree == repo.git({"write-tree"}));
  CHECK(repo.read().index_tree == repo.git({"write-tree"}));
}

TEST_CASE("marks in the index hide no change, and a folder that became a link holds nothing") {
  const Fixture repo;
  repo.git({"update-index", "--assume-unchanged", "a.txt"});
  repo.write("a.txt", "hidden\n");
  REQUIRE(::rename((repo.path() + "/d.x").c_str(), (repo.outer.path() + "/elsewhere").c_str()) == 0);
  REQUIRE(::symlink("../elsewhere", (repo.path() + "/d.x").c_str()) == 0);
  const SourceRecord record = repo.read();
  CHECK(record.dirty_paths == std::vector<std::string>{"a.txt", "d.x", "d.x/e/f"});
}

TEST_CASE("a hostile SHA-256 repository's configuration runs nothing") {
  const Fixture repo;
  const std::string mark = repo.outer.path() + "/ran";
  const std::string evil = repo.outer.path() + "/evil";
  std::ofstream(evil) << "#!/bin/sh\ntouch " + mark + "\nexit 0\n";
  REQUIRE(::chmod(evil.c_str(), 0755) == 0);
  repo.write(".gitattributes", "* filter=evil diff=evil merge=evil text eol=lf\n");
  repo.write(".git/hooks/post-index-change", "#!/bin/sh\ntouch " + mark + "\n");
  REQUIRE(::chmod((repo.path() + "/.git/hooks/post-index-change").c_str(), 0755) == 0);
  const std::string base = repo.commit("attributes");
  repo.write("a.txt", "changed\n");
  repo.commit("second");
  repo.git({"tag", "-a", "v1", "-m", "v1"});
  for (const char* key : {"core.fsmonitor",
                          "diff.external",
                          "diff.evil.textconv",
                          "diff.evil.command",
                          "filter.evil.clean",
                          "filter.evil.smudge",
                          "filter.evil.process",
                          "core.sshCommand",
                          "core.gitProxy",
                          "core.askPass",
                          "core.pager",
                          "core.editor",
                          "credential.helper",
                          "gpg.program",
                          "gpg.ssh.program",
                          "core.alternateRefsCommand",
                          "uploadpack.packObjectsHook",
                          "pager.ls-files",
                          "merge.evil.driver",
                          "interactive.diffFilter",
                          "alias.ls-files",
                          "alias.rev-parse",
                          "sequence.editor"}) {
    repo.git({"config", key, std::string(key).starts_with("alias.") ? "!" + evil : evil});
  }
  repo.git({"config", "filter.evil.required", "true"});
  repo.git({"config", "protocol.ext.allow", "always"});
  repo.git({"config", "remote.origin.url", "ext::" + evil});
  repo.git({"config", "remote.origin.promisor", "true"});
  repo.git({"config", "extensions.partialClone", "origin"});
  repo.git({"config", "log.showSignature", "true"});
  ::unlink(mark.c_str());
  repo.write("a.txt", "dirty\n");

  const auto record = git::read_source(repo.path());
  REQUIRE_MESSAGE(record.has_value(), to_string(record.error()));
  CHECK(record->dirty_paths == std::vector<std::string>{"a.txt"});
  CHECK(record->remote == "ext::");
  CHECK(record->unknowns.size() == 1);  // attributes were not applied
  CHECK(git::first_parent_range(repo.path(), base)->files_changed == 1);
  CHECK(git::tracked_files(repo.path())->size() == 5);
  CHECK(git::files_at(repo.path(), "HEAD", {repo.path() + "/a.txt"}, 100)->size() == 1);
  CHECK(git::read_object_signature(repo.path(), "v1")->type == "tag");
  // An object that is missing is not fetched from the promisor.
  CHECK(code(git::read_object_signature(repo.path(), std::string(64, '1'))) == "git.revision");
  CHECK_FALSE(path_exists(mark));
  // The mark can be set: git itself, asked about the work tree, runs them.
  ProcessSpec spec;
  spec.argv = {"git", "status"};
  spec.environment = {{"PATH", current_environment()["PATH"]}, {"HOME", repo.outer.path()}};
  spec.working_directory = repo.path();
  REQUIRE(run_process(spec));
  CHECK(path_exists(mark));
}

TEST_CASE("a SHA-256 repository that names another work tree, or is none, is refused") {
  const Fixture repo;
  REQUIRE(make_directories(repo.outer.path() + "/other"));
  repo.git({"config", "core.worktree", repo.outer.path() + "/other"});
  const std::string refused = code(git::read_source(repo.path()));
  CHECK((refused == "git.worktree" || refused == "git.bare"));
  repo.git({"init", "-q", "--bare", "--object-format=sha256", repo.outer.path() + "/bare"});
  CHECK(code(git::read_source(repo.outer.path() + "/bare")) == "git.bare");
  repo.git({"init", "-q", "-b", "main", "--object-format=sha256", repo.outer.path() + "/unborn"});
  const auto unborn = git::read_source(repo.outer.path() + "/unborn");
  REQUIRE_MESSAGE(unborn.has_value(), to_string(unborn.error()));
  CHECK(unborn->commit.empty());
}

TEST_CASE("the range, revisions and files of a SHA-256 repository") {
  const Fixture repo;
  const std::string base = repo.git({"rev-parse", "HEAD"});
  repo.write("a.txt", "one\ntwo\n");
  const std::string second = repo.commit("second");
  repo.write("a.txt", "three\n");
  const std::string third = repo.commit("third");
  const auto range = git::first_parent_range(repo.path(), base);
  REQUIRE_MESSAGE(range.has_value(), to_string(range.error()));
  REQUIRE(range->commits.size() == 2);
  CHECK(range->base == base);
  CHECK(range->reaches_base);
  CHECK(range->commits[0].id == third);
  CHECK(range->commits[1].id == second);
  CHECK(range->commits[0].subject == "third");
  CHECK(range->commits[0].author == "author@example.com");
  CHECK(range->commits[0].committer == "committer@example.com");
  CHECK(range->files_changed == 1);
  CHECK(range->insertions == 1);
  CHECK(range->deletions == 1);
  CHECK_FALSE(git::first_parent_range(repo.path(), third, base)->reaches_base);
  CHECK(code(git::first_parent_range(repo.path(), "--all")) == "git.revision");
  CHECK(code(git::first_parent_range(repo.path(), "none")) == "git.revision");
  CHECK(*git::is_revision(repo.path(), "HEAD~1"));
  CHECK_FALSE(*git::is_revision(repo.path(), "--help"));
  const std::string file = repo.path() + "/a.txt";
  CHECK(git::files_at(repo.path(), "HEAD~1", {file}, 100)->at(file) == "one\ntwo\n");
  CHECK(git::files_at(repo.path(), "HEAD~1", {file}, 3)->empty());
  CHECK(code(git::files_at(repo.path(), "HEAD", {"/etc/passwd"}, 100)) == "git.outside");
  CHECK(git::tracked_files(repo.path() + "/d.x") == std::vector<std::string>{"e/f"});
}

TEST_CASE("a SHA-256 submodule is recorded with its own commit and state") {
  const Fixture repo;
  const Fixture inner;
  repo.git({"-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.path(), "sub"});
  repo.commit("sub");
  SourceRecord record = repo.read();
  REQUIRE(record.submodules.size() == 1);
  CHECK(record.submodules[0].path == "sub");
  CHECK(record.submodules[0].commit == inner.git({"rev-parse", "HEAD"}));
  CHECK_FALSE(record.submodules[0].dirty);
  CHECK_FALSE(record.dirty);
  repo.write("sub/a.txt", "changed\n");
  record = repo.read();
  CHECK(record.submodules[0].dirty);
  CHECK(record.dirty);
}

TEST_CASE("replaced objects, grafts and shallow checkouts are seen and not followed") {
  const Fixture repo;
  const std::string first = repo.git({"rev-parse", "HEAD"});
  repo.write("a.txt", "two\n");
  const std::string second = repo.commit("second");
  repo.git({"replace", second, first});
  SourceRecord record = repo.read();
  CHECK(record.replace_refs);
  CHECK(record.commit == second);
  CHECK(record.parents == std::vector<std::string>{first});
  CHECK_FALSE(record.shallow);
  repo.write(".git/shallow", second + "\n");
  CHECK(repo.read().shallow);
}

TEST_CASE("raw commits and tags are read strictly") {
  const std::string id(64, 'a');
  const std::string head = "tree " + id + "\nauthor A <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\n";
  CHECK(git::parse_raw_commit(head + "\nm\n")->subject == "m");
  const auto is_signed = git::parse_raw_commit(head + "gpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n x\n" +
                                               "gpgsig other\n more\n\nm\n");
  REQUIRE(is_signed);
  CHECK(is_signed->signature == "-----BEGIN SSH SIGNATURE-----\nx\n");
  CHECK(is_signed->payload == head + "\nm\n");
  for (const std::string& bad :
       {std::string(), std::string("tree x\n\n"), head, "tree " + id + "\nparent b\n\n",
        head + "gpgsig-sha256 a\ngpgsig-sha256 b\n\nm\n"})
    CHECK_FALSE(git::parse_raw_commit(bad));
  CHECK_FALSE(git::parse_raw_tag("object x\ntag y\n\n"));
  CHECK(git::parse_raw_tag("object " + id + "\ntag y\n\nm\n")->name == "y");
}

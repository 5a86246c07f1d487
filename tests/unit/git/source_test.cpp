#include <ostream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/effects.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "git/source.h"

using namespace sluice;

namespace {

// A repository made by the git program itself, so that libgit2 is compared with it.
struct Fixture {
  TempDirectory directory;
  Fixture() : directory(std::move(*TempDirectory::create())) {
    git({"init", "-q", "-b", "main", "."});
    git({"config", "user.name", "t"});
    git({"config", "user.email", "t@example.com"});
    write("a.txt", "one\n");
    write(".gitignore", "ignored\n");
    git({"add", "-A"});
    git({"commit", "-q", "-m", "first"});
  }
  std::string git(std::vector<std::string> arguments) const {
    ProcessSpec spec;
    spec.argv = {"git"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {
        {"PATH", current_environment()["PATH"]}, {"HOME", path()}, {"GIT_CONFIG_NOSYSTEM", "1"}};
    spec.working_directory = path();
    const auto result = run_process(spec);
    REQUIRE(result.has_value());
    REQUIRE_MESSAGE(result->ok(), result->err.text());
    std::string out = result->out.text();
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  void write(const std::string& name, const std::string& text) const {
    REQUIRE(write_file_atomic(path() + "/" + name, text).has_value());
  }
  [[nodiscard]] const std::string& path() const { return directory.path(); }
  [[nodiscard]] SourceRecord read() const {
    auto record = git::read_source(path());
    REQUIRE_MESSAGE(record.has_value(), to_string(record.error()));
    return *record;
  }
};

}  // namespace

TEST_CASE("a clean tree is its commit, as git says") {
  const Fixture repo;
  const SourceRecord record = repo.read();
  CHECK(record.commit == repo.git({"rev-parse", "HEAD"}));
  CHECK(record.tree == repo.git({"rev-parse", "HEAD^{tree}"}));
  CHECK(record.branch == "refs/heads/main");
  CHECK_FALSE(record.dirty);
  CHECK(record.worktree_tree == record.tree);
  CHECK(record.index_tree == record.tree);
  CHECK(record.signature_kind.empty());
  CHECK(record.commit_time > 0);
}

TEST_CASE("a dirty tree has the tree id that git would commit, and nothing is written") {
  const Fixture repo;
  repo.write("a.txt", "two\n");
  repo.write("new.txt", "n\n");
  repo.write("ignored", "i\n");
  REQUIRE(::symlink("a.txt", (repo.path() + "/link").c_str()) == 0);
  const std::string before = repo.git({"count-objects", "-v"});
  const SourceRecord record = repo.read();
  CHECK(record.dirty);
  CHECK(record.dirty_paths == std::vector<std::string>{"a.txt", "link", "new.txt"});
  CHECK(record.index_tree == record.tree);
  CHECK(repo.git({"count-objects", "-v"}) == before);
  CHECK(repo.git({"diff", "--cached", "--name-only"}).empty());
  repo.git({"add", "-A"});
  CHECK(record.worktree_tree == repo.git({"write-tree"}));
}

TEST_CASE("deleted, executable and staged changes change the tree as git does") {
  const Fixture repo;
  REQUIRE(::unlink((repo.path() + "/a.txt").c_str()) == 0);
  repo.write("run.sh", "#!/bin/sh\n");
  REQUIRE(::chmod((repo.path() + "/run.sh").c_str(), 0755) == 0);
  repo.git({"add", "run.sh"});
  const SourceRecord record = repo.read();
  CHECK(record.dirty);
  CHECK(record.index_tree == repo.git({"write-tree"}));
  repo.git({"add", "-A"});
  CHECK(record.worktree_tree == repo.git({"write-tree"}));
}

TEST_CASE("tags, description, remote, parents and a detached head") {
  const Fixture repo;
  repo.git({"tag", "-a", "v1.0", "-m", "v1.0"});
  repo.git({"tag", "light"});
  repo.git({"remote", "add", "origin", "https://me:s3cret@git.example/team/app.git?token=x"});
  repo.write("a.txt", "two\n");
  repo.git({"commit", "-q", "-am", "second"});
  SourceRecord record = repo.read();
  CHECK(record.tags.empty());
  CHECK(record.describe.find("-1-g") != std::string::npos);
  CHECK(record.parents.size() == 1);
  CHECK(record.remote == "https://git.example/team/app.git");
  repo.git({"checkout", "-q", "v1.0"});
  record = repo.read();
  CHECK(record.branch.empty());
  CHECK(record.tags == std::vector<std::string>{"refs/tags/light", "refs/tags/v1.0"});
}

TEST_CASE("replace refs, a shallow clone and alternates are facts") {
  const Fixture repo;
  repo.write("a.txt", "two\n");
  repo.git({"commit", "-q", "-am", "second"});
  CHECK_FALSE(repo.read().replace_refs);
  repo.git({"replace", "HEAD", "HEAD~1"});
  CHECK(repo.read().replace_refs);
  const TempDirectory other = std::move(*TempDirectory::create());
  repo.git({"clone", "-q", "--depth", "1", "file://" + repo.path(), other.path() + "/shallow"});
  repo.git({"clone", "-q", "--shared", repo.path(), other.path() + "/shared"});
  CHECK(git::read_source(other.path() + "/shallow")->shallow);
  CHECK(git::read_source(other.path() + "/shared")->alternates);
}

TEST_CASE("no repository, no commit, a SHA-256 repository: each said plainly") {
  const TempDirectory empty = std::move(*TempDirectory::create());
  CHECK(git::read_source(empty.path()).error().code == "git.not-found");
  const Fixture repo;
  repo.git({"init", "-q", empty.path() + "/unborn"});
  const auto unborn = git::read_source(empty.path() + "/unborn");
  REQUIRE(unborn.has_value());
  CHECK(unborn->commit.empty());
  repo.git({"init", "-q", "--object-format=sha256", empty.path() + "/new"});
  CHECK(git::read_source(empty.path() + "/new").error().code == "git.sha256");
}

TEST_CASE("remotes lose credentials in every form") {
  CHECK(git::scrub_remote("https://u:p@h/x") == "https://h/x");
  CHECK(git::scrub_remote("https://u:p@ss@h/x") == "https://h/x");
  CHECK(git::scrub_remote("https://h/x?access_token=t#f") == "https://h/x");
  CHECK(git::scrub_remote("ssh://git@h:22/x") == "ssh://h:22/x");
  CHECK(git::scrub_remote("git@h:team/app.git") == "h:team/app.git");
  CHECK(git::scrub_remote("user:secret@h:team/app.git") == "h:team/app.git");
  CHECK(git::scrub_remote("/local/p@th/x") == "/local/p@th/x");
  CHECK(git::scrub_remote("https://h/a@b") == "https://h/a@b");
}

#include <fstream>
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
    const ProcessResult result = git_may_fail(std::move(arguments));
    REQUIRE_MESSAGE(result.ok(), result.err.text());
    std::string out = result.out.text();
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  ProcessResult git_may_fail(std::vector<std::string> arguments) const {
    ProcessSpec spec;
    spec.argv = {"git"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {{"PATH", current_environment()["PATH"]},
                        {"HOME", path()},
                        {"GIT_CONFIG_NOSYSTEM", "1"},
                        {"GIT_CONFIG_COUNT", "1"},
                        {"GIT_CONFIG_KEY_0", "core.fsync"},
                        {"GIT_CONFIG_VALUE_0", "none"}};
    spec.working_directory = path();
    const auto result = run_process(spec);
    REQUIRE(result.has_value());
    return *result;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path() + "/" + name, std::ios::binary | std::ios::trunc) << text;  // no sync, for speed
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

TEST_CASE("files that the index hides from git status are looked at") {
  const Fixture repo;
  repo.write("b.txt", "b\n");
  repo.git({"add", "-A"});
  repo.git({"commit", "-q", "-m", "b"});
  repo.git({"update-index", "--assume-unchanged", "a.txt"});
  repo.git({"update-index", "--skip-worktree", "b.txt"});
  CHECK_FALSE(repo.read().dirty);
  repo.write("a.txt", "changed in hiding\n");
  CHECK(repo.git({"status", "--porcelain"}).empty());
  SourceRecord record = repo.read();
  CHECK(record.dirty);
  CHECK(record.dirty_paths == std::vector<std::string>{"a.txt"});
  CHECK(record.worktree_tree != record.tree);
  CHECK(record.index_tree == record.tree);
  repo.write("b.txt", "changed too\n");
  CHECK(repo.read().dirty_paths == std::vector<std::string>{"a.txt", "b.txt"});
  repo.write("a.txt", "one\n");
  REQUIRE(::unlink((repo.path() + "/b.txt").c_str()) == 0);  // as in a sparse checkout
  record = repo.read();
  CHECK_FALSE(record.dirty);
  CHECK(record.worktree_tree == record.tree);
}

TEST_CASE("trees in trees, names that sort oddly and an empty tree have git's ids") {
  const Fixture repo;
  for (const char* folder : {"a", "a-", "a/b", "a/b/c", "a0"}) {
    REQUIRE(::mkdir((repo.path() + "/" + folder).c_str(), 0755) == 0);
    repo.write(std::string(folder) + "/f", folder);
  }
  repo.write("a.b", "1");
  repo.write("a/b.c", "2");
  repo.write(std::string("a/\xff"), "not UTF-8");
  const SourceRecord record = repo.read();
  repo.git({"add", "-A"});
  CHECK(record.worktree_tree == repo.git({"write-tree"}));
  repo.git({"rm", "-rqf", "."});
  CHECK(repo.read().worktree_tree == "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

TEST_CASE("a merge with conflicts is dirty and has no index tree") {
  const Fixture repo;
  repo.git({"checkout", "-q", "-b", "side"});
  repo.write("a.txt", "side\n");
  repo.git({"commit", "-q", "-am", "side"});
  repo.git({"checkout", "-q", "main"});
  repo.write("a.txt", "main\n");
  repo.git({"commit", "-q", "-am", "main"});
  repo.git_may_fail({"merge", "-q", "side"});
  const SourceRecord record = repo.read();
  CHECK(record.dirty);
  CHECK(record.index_tree.empty());
  CHECK_FALSE(record.worktree_tree.empty());
}

TEST_CASE("line ends are hashed as git would commit them, and no filter of the repository is run") {
  const Fixture repo;
  repo.write(".gitattributes", "*.txt text\n*.bin filter=evil\n");
  repo.git({"config", "filter.evil.clean", "touch " + repo.path() + "/ran; cat"});
  repo.git({"config", "core.fsmonitor", "touch " + repo.path() + "/ran"});
  repo.write("crlf.txt", "one\r\ntwo\r\n");
  repo.write("x.bin", "x");
  const SourceRecord record = repo.read();
  CHECK_FALSE(path_exists(repo.path() + "/ran"));
  repo.git({"config", "--unset", "core.fsmonitor"});
  repo.git({"config", "--unset", "filter.evil.clean"});
  repo.git({"add", "-A"});
  CHECK(record.worktree_tree == repo.git({"write-tree"}));
}

TEST_CASE("submodules: commit, address without credentials, and dirt inside") {
  const Fixture inner;
  const Fixture repo;
  repo.git(
      {"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "file://" + inner.path(), "lib"});
  repo.git({"config", "-f", ".gitmodules", "submodule.lib.url", "https://u:secret@h/lib?token=t"});
  repo.git({"config", "submodule.lib.url", "https://u:secret@h/lib?token=t"});
  repo.git({"commit", "-q", "-am", "lib"});
  SourceRecord record = repo.read();
  REQUIRE(record.submodules.size() == 1);
  CHECK(record.submodules[0].path == "lib");
  CHECK(record.submodules[0].commit == inner.git({"rev-parse", "HEAD"}));
  CHECK(record.submodules[0].url == "https://h/lib");
  CHECK_FALSE(record.dirty);
  CHECK(record.worktree_tree == record.tree);
  repo.write("lib/a.txt", "changed\n");
  record = repo.read();
  CHECK(record.submodules[0].dirty);
  CHECK(record.dirty);
}

TEST_CASE("the kind of a commit's signature is told by its first line") {
  const Fixture repo;
  const std::string tree = repo.git({"rev-parse", "HEAD^{tree}"});
  const auto kind_of = [&](const std::string& begin) {
    repo.write("object",
               "tree " + tree +
                   "\nauthor t <t@e> 1700000000 +0000\ncommitter t <t@e> 1700000000 +0000\ngpgsig " + begin +
                   "\n abc\n -----END-----\n\nmessage\n");
    repo.git({"reset", "-q", "--soft", repo.git({"hash-object", "-t", "commit", "-w", "object"})});
    return repo.read().signature_kind;
  };
  CHECK(kind_of("-----BEGIN SSH SIGNATURE-----") == "ssh");
  CHECK(kind_of("-----BEGIN PGP SIGNATURE-----") == "openpgp");
  CHECK(kind_of("-----BEGIN SIGNED MESSAGE-----") == "x509");
  CHECK(kind_of("something else") == "unknown");
}

TEST_CASE("a bare repository, and one whose work tree is said to be elsewhere, are refused") {
  const TempDirectory other = std::move(*TempDirectory::create());
  const Fixture repo;
  repo.git({"clone", "-q", "--bare", repo.path(), other.path() + "/bare"});
  CHECK(git::read_source(other.path() + "/bare").error().code == "git.bare");
  repo.git({"config", "core.worktree", other.path()});
  CHECK(git::read_source(repo.path()).error().code == "git.worktree");
}

TEST_CASE("a repository of another user is refused") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: needs root");
    return;
  }
  const Fixture repo;
  REQUIRE(::chown(repo.path().c_str(), 12345, 12345) == 0);
  REQUIRE(::chown((repo.path() + "/.git").c_str(), 12345, 12345) == 0);
  CHECK(git::read_source(repo.path()).error().code == "git.owner");
}

TEST_CASE("a folder inside the work tree belongs to it") {
  const Fixture repo;
  REQUIRE(::mkdir((repo.path() + "/sub").c_str(), 0755) == 0);
  CHECK(git::read_source(repo.path() + "/sub")->commit == repo.read().commit);
}

TEST_CASE("many changed paths are cut, and the cut is told") {
  const Fixture repo;
  for (std::size_t i = 0; i < git::k_max_dirty_paths + 5; ++i) repo.write("f" + std::to_string(i), "");
  const SourceRecord record = repo.read();
  CHECK(record.dirty_paths.size() == git::k_max_dirty_paths);
  CHECK(record.dirty_paths_truncated);
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
  CHECK(git::read_source(empty.path() + "/new").has_value());  // see program_test.cpp
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

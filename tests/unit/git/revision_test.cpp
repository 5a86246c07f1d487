#include "git/revision.h"

#include <unistd.h>

#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "base/effects.h"
#include "base/file.h"
#include "base/subprocess.h"

using namespace sluice;

namespace {

class Repository {
 public:
  Repository() { git({"init", "-q", "-b", "main", "."}); }
  void git(std::vector<std::string> arguments) const {
    ProcessSpec spec;
    spec.argv = {"git"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {{"PATH", current_environment()["PATH"]},
                        {"HOME", path()},
                        {"GIT_CONFIG_NOSYSTEM", "1"},
                        {"GIT_AUTHOR_NAME", "a"},
                        {"GIT_AUTHOR_EMAIL", "a@example.com"},
                        {"GIT_COMMITTER_NAME", "c"},
                        {"GIT_COMMITTER_EMAIL", "c@example.com"}};
    spec.working_directory = path();
    const auto result = run_process(spec);
    REQUIRE(result);
    REQUIRE_MESSAGE(result->ok(), result->err.text());
  }
  void put(const std::string& name, std::string_view text) const {
    const std::string file = at(name);
    REQUIRE(make_directories(file.substr(0, file.rfind('/'))));
    REQUIRE(write_file_atomic(file, text));
  }
  void commit() const {
    git({"add", "-A", "-f"});
    git({"commit", "-q", "-m", "x"});
  }
  [[nodiscard]] std::string at(const std::string& name) const { return path() + "/" + name; }
  [[nodiscard]] const std::string& path() const { return directory_.path(); }

 private:
  TempDirectory directory_ = std::move(*TempDirectory::create());
};

}  // namespace

TEST_CASE("tracked files are those of the index below the folder, relative to it") {
  const Repository repo;
  repo.put("a.txt", "a");
  repo.put("sub/b.txt", "b");
  repo.put("sub/deep/c.txt", "c");
  repo.put("subway/d.txt", "d");
  repo.git({"add", "-A"});
  repo.put("sub/untracked.txt", "u");
  const auto all = git::tracked_files(repo.path());
  REQUIRE(all);
  CHECK(*all == std::vector<std::string>{"a.txt", "sub/b.txt", "sub/deep/c.txt", "subway/d.txt"});
  const auto sub = git::tracked_files(repo.at("sub"));
  REQUIRE(sub);
  CHECK(*sub == std::vector<std::string>{"b.txt", "deep/c.txt"});
  const auto outside = std::move(*TempDirectory::create());
  const auto none = git::tracked_files(outside.path());
  REQUIRE_FALSE(none);
  CHECK(none.error().code == "git.not-found");
}

TEST_CASE("files of a revision come as that commit has them") {
  const Repository repo;
  repo.put("a.txt", "one\n");
  repo.put("big.txt", "0123456789");
  REQUIRE(symlink("a.txt", repo.at("link").c_str()) == 0);
  repo.commit();
  repo.put("a.txt", "two\n");
  repo.put("new.txt", "new\n");
  repo.commit();
  const std::vector<std::string> paths{repo.at("a.txt"), repo.at("new.txt"), repo.at("big.txt"),
                                       repo.at("gone")};
  const auto before = git::files_at(repo.path(), "HEAD~1", paths, 5);
  REQUIRE(before);
  CHECK(before->size() == 1);  // new.txt was not there yet, big.txt is over the limit
  CHECK(before->at(repo.at("a.txt")) == "one\n");
  const auto now = git::files_at(repo.path(), "main", paths, 100);
  REQUIRE(now);
  CHECK(now->at(repo.at("a.txt")) == "two\n");
  CHECK(now->size() == 3);
}

TEST_CASE("what is no commit, and what lies outside, is an error") {
  const Repository repo;
  repo.put("a.txt", "a");
  repo.commit();
  CHECK(*git::is_revision(repo.path(), "HEAD"));
  CHECK_FALSE(*git::is_revision(repo.path(), "HEAD~1"));
  CHECK_FALSE(*git::is_revision(repo.path(), "no-such-branch"));
  const auto missing = git::files_at(repo.path(), "no-such-branch", {}, 10);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == "git.revision");
  const auto outside = git::files_at(repo.path(), "HEAD", {"/etc/passwd"}, 10);
  REQUIRE_FALSE(outside);
  CHECK(outside.error().code == "git.outside");
}

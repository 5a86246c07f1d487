#include <fstream>
#include <ostream>

#include <doctest/doctest.h>

#include "base/effects.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "git/history.h"
#include "git/object_signature.h"
#include "git/source.h"

using namespace sluice;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

struct Fixture {
  TempDirectory directory = std::move(*TempDirectory::create());
  Fixture() {
    git({"init", "-q", "-b", "main", "."});
    commit("first");
  }
  [[nodiscard]] const std::string& path() const { return directory.path(); }
  std::string git(std::vector<std::string> arguments) const {
    ProcessSpec spec;
    spec.argv = {"git"};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {{"PATH", current_environment()["PATH"]},
                        {"HOME", path()},
                        {"GIT_CONFIG_NOSYSTEM", "1"},
                        {"GIT_AUTHOR_NAME", "a"},
                        {"GIT_AUTHOR_EMAIL", "author@example.com"},
                        {"GIT_COMMITTER_NAME", "c"},
                        {"GIT_COMMITTER_EMAIL", "committer@example.com"}};
    spec.working_directory = path();
    const auto result = run_process(spec);
    REQUIRE(result);
    REQUIRE_MESSAGE(result->ok(), result->err.text());
    std::string out = result->out.text();
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  std::string commit(const std::string& message) const {
    std::ofstream(path() + "/" + message) << message << "\n";
    git({"add", "-A"});
    git({"commit", "-q", "-m", message});
    return git({"rev-parse", "HEAD"});
  }
};

}  // namespace

TEST_CASE("the range since a commit is the first-parent line, newest first, with its size") {
  const Fixture repo;
  const std::string base = repo.git({"rev-parse", "HEAD"});
  const std::string second = repo.commit("second");
  repo.git({"checkout", "-q", "-b", "side", base});
  repo.commit("side");
  repo.git({"checkout", "-q", "main"});
  repo.git({"merge", "-q", "--no-ff", "-m", "merged", "side"});

  const auto range = git::first_parent_range(repo.path(), base);
  REQUIRE(range);
  CHECK(range->reaches_base);
  REQUIRE(range->commits.size() == 2);
  CHECK(range->commits[0].id == repo.git({"rev-parse", "HEAD"}));
  CHECK(range->commits[0].parents == 2);
  CHECK(range->commits[0].subject == "merged");
  CHECK(range->commits[1].id == second);
  CHECK(range->commits[1].author == "author@example.com");
  CHECK(range->commits[1].committer == "committer@example.com");
  CHECK(range->files_changed == 2);
  CHECK(range->insertions == 2);

  const auto none = git::first_parent_range(repo.path(), "HEAD");
  REQUIRE(none);
  CHECK(none->commits.empty());
  CHECK(none->reaches_base);
}

TEST_CASE("a base that is not on the first-parent line is told, not passed over") {
  const Fixture repo;
  repo.git({"checkout", "-q", "-b", "other"});
  const std::string elsewhere = repo.commit("elsewhere");
  repo.git({"checkout", "-q", "main"});
  repo.commit("second");
  const auto range = git::first_parent_range(repo.path(), elsewhere);
  REQUIRE(range);
  CHECK_FALSE(range->reaches_base);
  CHECK(range->commits.size() == 2);
  CHECK(range->files_changed == 0);
  CHECK(code(git::first_parent_range(repo.path(), std::string(40, '1'))) == "git.revision");
  CHECK(code(git::first_parent_range(repo.path(), "HEAD^{tree}")) == "git.revision");
}

TEST_CASE("signatures of commits and tags come out with exactly what was signed") {
  const Fixture repo;
  auto unsigned_one = git::read_object_signature(repo.path(), "HEAD");
  REQUIRE(unsigned_one);
  CHECK(unsigned_one->kind.empty());
  CHECK(unsigned_one->type == "commit");

  ProcessSpec keygen;
  keygen.argv = {
      "ssh-keygen", "-q", "-t", "ed25519",
      "-N",         "",   "-f", repo.path() + "/../key-" + repo.path().substr(repo.path().size() - 6)};
  keygen.environment = {{"PATH", "/usr/bin:/bin"}};
  const std::string key = keygen.argv.back();
  REQUIRE(run_process(keygen)->ok());
  repo.git({"config", "gpg.format", "ssh"});
  repo.git({"config", "user.signingkey", key});
  std::ofstream(repo.path() + "/second") << "2\n";
  repo.git({"add", "-A"});
  repo.git({"commit", "-q", "-S", "-m", "second"});
  repo.git({"tag", "-s", "-m", "release\n\n-----BEGIN SSH SIGNATURE-----\nnot one", "v1"});
  REQUIRE(::remove(key.c_str()) == 0);
  REQUIRE(::remove((key + ".pub").c_str()) == 0);

  const auto commit = git::read_object_signature(repo.path(), "HEAD");
  REQUIRE(commit);
  CHECK(commit->kind == "ssh");
  CHECK(commit->payload.ends_with("\n\nsecond\n"));
  CHECK(commit->payload.find("gpgsig") == std::string::npos);
  CHECK(commit->time > 0);
  CHECK(git::read_source(repo.path())->signature_kind == "ssh");

  const auto tag = git::read_object_signature(repo.path(), "v1");
  REQUIRE(tag);
  CHECK(tag->type == "tag");
  CHECK(tag->name == "refs/tags/v1");
  CHECK(tag->target == commit->object);
  CHECK(tag->kind == "ssh");
  CHECK(tag->payload.ends_with("not one\n"));
  CHECK(tag->signature.find("not one") == std::string::npos);
  CHECK(code(git::read_object_signature(repo.path(), "HEAD:second")) == "git.revision");
}

#include <ostream>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "record/tree.h"

using namespace sluice;
using namespace sluice::record;

namespace {

struct Folder {
  TempDirectory temp = *TempDirectory::create();
  void write(const std::string& name, const std::string& text) const {
    const std::string path = temp.path() + "/" + name;
    REQUIRE(make_directories(path.substr(0, path.rfind('/'))));
    REQUIRE(write_file_atomic(path, text));
  }
  // As if the file had stood there for a while: young files are not cached.
  void age(const std::string& name) const {
    const timespec times[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, (temp.path() + "/" + name).c_str(), times, 0) == 0);
  }
  [[nodiscard]] Tree hash(StatCache& cache, std::vector<std::string> include = {"**"}) const {
    TreeOptions options;
    options.root = temp.path();
    options.include = std::move(include);
    auto tree = hash_tree(options, cache);
    REQUIRE(tree);
    return std::move(*tree);
  }
};

}  // namespace

TEST_CASE("a tree: sorted, by digest, links by their text, git's own folder left out") {
  const Folder folder;
  folder.write("b/c.txt", "hello");
  folder.write("a.txt", "world");
  folder.write(".git/config", "secret");
  REQUIRE(::symlink("/etc/passwd", (folder.temp.path() + "/z").c_str()) == 0);
  REQUIRE(::mkfifo((folder.temp.path() + "/pipe").c_str(), 0600) == 0);
  StatCache cache;
  const Tree tree = folder.hash(cache);
  REQUIRE(tree.files.size() == 3);
  CHECK(tree.files[0].path == "a.txt");
  CHECK(tree.files[0].digest == sha256("world"));
  CHECK(tree.files[1].path == "b/c.txt");
  CHECK(tree.files[2].link);
  CHECK(tree.files[2].digest == sha256("/etc/passwd"));
  REQUIRE(tree.problems.size() == 1);
  CHECK(tree.problems[0].find("pipe") == 0);
  CHECK(folder.hash(cache, {"b"}).files.size() == 1);
  CHECK(folder.hash(cache, {"**/*.txt"}).files.size() == 2);
}

TEST_CASE("the tree's digest is Go's Hash1") {
  const Folder folder;
  folder.write("a", "1");
  folder.write("b", "2");
  StatCache cache;
  CHECK(dir_hash(folder.hash(cache).files) ==
        sha256(sha256("1").hex() + "  a\n" + sha256("2").hex() + "  b\n").hex());
}

TEST_CASE("the cache: a file is read again when anything of its state changed, whatever its mtime says") {
  const Folder folder;
  folder.write("old", "1234");
  folder.age("old");
  StatCache cache;
  CHECK(folder.hash(cache).hashed == 1);
  // Its ctime is now: too young to be cached, though its mtime is years old.
  CHECK(folder.hash(cache).reused == 0);
  ::sleep(3);
  CHECK(folder.hash(cache).hashed == 1);
  CHECK(folder.hash(cache).reused == 1);
  // The same size, and mtime set back as a forger would.
  folder.write("old", "5678");
  folder.age("old");
  const Tree changed = folder.hash(cache);
  CHECK(changed.reused == 0);
  CHECK(changed.files[0].digest == sha256("5678"));
}

TEST_CASE("a saved cache is believed only whole, of this root, and if nobody else can write it") {
  const Folder folder;
  StatCache cache;
  const FileRecord file{"a", sha256("x"), 1, false, false, {1, 2, 3, 4, 5}, false};
  cache.put(file);
  const std::string path = folder.temp.path() + "/cache";
  REQUIRE(cache.save(path, "/root"));
  CHECK(StatCache::load(path, "/root").find("a", file.state) != nullptr);
  CHECK(StatCache::load(path, "/other").find("a", file.state) == nullptr);
  CHECK(StatCache::load(path, "/root").find("a", {1, 2, 3, 4, 6}) == nullptr);
  Bytes bytes = *read_file(path);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    REQUIRE(write_file_atomic(path, damaged, 0600));
    CHECK(StatCache::load(path, "/root").find("a", file.state) == nullptr);
  }
  REQUIRE(write_file_atomic(path, bytes, 0600));
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  CHECK(StatCache::load(path, "/root").find("a", file.state) == nullptr);
}

TEST_CASE("globs") {
  CHECK(glob_match("dist", "dist/a/b"));
  CHECK(glob_match("dist/", "dist/a"));
  CHECK_FALSE(glob_match("dist", "distant"));
  CHECK(glob_match("*.c", "a.c"));
  CHECK_FALSE(glob_match("*.c", "x/a.c"));
  CHECK(glob_match("**/*.c", "a.c"));
  CHECK(glob_match("**/*.c", "x/y/a.c"));
  CHECK(glob_match("a/**/z", "a/z"));
  CHECK(glob_match("a/**/z", "a/b/c/z"));
  CHECK_FALSE(glob_match("a/**/z", "a/bz"));
  CHECK(glob_match("a?c", "abc"));
  CHECK_FALSE(glob_match("a?c", "a/c"));
  CHECK(glob_match("./a", "a"));
  // No pattern costs more than its length times the path's, whatever it looks like.
  CHECK_FALSE(glob_match("**/**/**/**/**/x", std::string(2000, 'a')));
}

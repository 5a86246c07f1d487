#include "base/file.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include <doctest/doctest.h>

using namespace sluice;

namespace {

TempDirectory temp() {
  return TempDirectory::create("sluice-test-").value();
}

void put(const std::string& path, BytesView bytes) {
  REQUIRE(write_file_atomic(path, bytes).has_value());
}

void link(const std::string& target, const std::string& path) {
  REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
}

unsigned mode_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

bool exists_itself(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0;
}

}  // namespace

TEST_CASE("files: what is written is read") {
  const TempDirectory dir = temp();
  const Bytes bytes("a\0b\xff\n", 5);
  put(dir.path() + "/f", bytes);
  CHECK(read_file(dir.path() + "/f").value() == bytes);
  put(dir.path() + "/empty", "");
  CHECK(read_file(dir.path() + "/empty").value().empty());
  const Bytes large(3'000'000, 'x');
  put(dir.path() + "/large", large);
  CHECK(read_file(dir.path() + "/large").value() == large);
}

TEST_CASE("files: why one cannot be read is told apart") {
  const TempDirectory dir = temp();
  put(dir.path() + "/f", "12345");
  REQUIRE(::mkfifo((dir.path() + "/fifo").c_str(), 0600) == 0);
  link("loop", dir.path() + "/loop");
  CHECK(read_file(dir.path() + "/nope").error().code == "file.not-found");
  CHECK(read_file(dir.path() + "/nope").error().kind == ErrorKind::not_found);
  CHECK(read_file(dir.path() + "/f/x").error().code == "file.not-found");
  CHECK(read_file(dir.path()).error().code == "file.not-regular");
  CHECK(read_file(dir.path() + "/fifo").error().code ==
        "file.not-regular");  // and it does not wait for a writer
  CHECK(read_file("/dev/zero").error().code == "file.not-regular");
  CHECK(read_file(dir.path() + "/loop").error().code == "file.open");
  CHECK(read_file(dir.path() + "/f", 5).has_value());
  CHECK(read_file(dir.path() + "/f", 4).error().code == "file.too-large");
}

TEST_CASE(
    "files: those of /proc state no size and are read whole; the limit "
    "holds for them too") {
  const auto status = read_file("/proc/self/status");
  REQUIRE(status.has_value());
  CHECK(status->find("VmRSS") != std::string::npos);
  CHECK(read_file("/proc/self/status", 10).error().code == "file.too-large");
}

TEST_CASE(
    "atomic write: replaces, sets the mode, leaves no temporary file, "
    "fails without harm") {
  const TempDirectory dir = temp();
  const std::string path = dir.path() + "/f";
  put(path, "old");
  REQUIRE(write_file_atomic(path, "new", 0600).has_value());
  CHECK(read_file(path).value() == "new");
  CHECK(mode_of(path) == 0600);
  CHECK(write_file_atomic(dir.path() + "/none/f", "x").error().code == "file.write");
  REQUIRE(make_directories(dir.path() + "/d/sub").has_value());
  CHECK_FALSE(write_file_atomic(dir.path() + "/d", "x").has_value());  // a directory stands there
  CHECK(Directory::open(dir.path()).value().list().value().size() == 2);
}

TEST_CASE("atomic write: a link is replaced, not followed") {
  const TempDirectory dir = temp();
  put(dir.path() + "/target", "kept");
  link("target", dir.path() + "/f");
  put(dir.path() + "/f", "new");
  CHECK(read_file(dir.path() + "/target").value() == "kept");
  CHECK(read_file(dir.path() + "/f").value() == "new");
}

TEST_CASE("make_directories: all levels, twice, but not over a file") {
  const TempDirectory dir = temp();
  const std::string deep = dir.path() + "/a/b//c/";
  CHECK(make_directories(deep).has_value());
  CHECK(make_directories(deep).has_value());
  CHECK(is_directory(dir.path() + "/a/b/c"));
  put(dir.path() + "/f", "");
  CHECK(make_directories(dir.path() + "/f").error().code == "file.mkdir");
  CHECK(make_directories(dir.path() + "/f/x").error().code == "file.mkdir");
  CHECK(make_directories("").error().code == "file.mkdir");
  CHECK(path_exists(dir.path() + "/f"));
  CHECK_FALSE(is_directory(dir.path() + "/f"));
}

TEST_CASE("Directory, beneath: nothing leads out") {
  const TempDirectory outside = temp();
  put(outside.path() + "/secret", "secret");
  const TempDirectory dir = temp();
  REQUIRE(make_directories(dir.path() + "/sub").has_value());
  put(dir.path() + "/f", "inside");
  link(outside.path() + "/secret", dir.path() + "/absolute");
  link("../../../../../../etc/passwd", dir.path() + "/sub/relative");
  link(outside.path(), dir.path() + "/folder");
  link("../f", dir.path() + "/sub/fine");
  link(dir.path() + "/f", dir.path() + "/absolute-inside");
  const Directory root = Directory::open(dir.path()).value();

  CHECK(root.read("f").value() == "inside");
  CHECK(root.read("sub/fine").value() == "inside");
  CHECK(root.read("sub/../f").value() == "inside");
  for (const char* path : {"..", "../", "sub/../../x", "absolute", "sub/relative", "folder/secret",
                           "/etc/passwd", "absolute-inside"}) {
    CAPTURE(path);
    CHECK(root.read(path).error().code == "file.escapes");
  }
  CHECK(root.open_directory("folder").error().code == "file.escapes");
  CHECK(root.read("nope").error().code == "file.not-found");
  CHECK(root.read("sub").error().code == "file.not-regular");
  CHECK_FALSE(root.read("").has_value());
  CHECK_FALSE(root.read(std::string("f\0/../../x", 10)).has_value());
}

TEST_CASE(
    "Directory, in root: absolute links and .. stay inside, as in a "
    "container") {
  const TempDirectory dir = temp();
  REQUIRE(make_directories(dir.path() + "/etc").has_value());
  put(dir.path() + "/etc/passwd", "of the image");
  link("/etc/passwd", dir.path() + "/absolute");
  link("../../../../../../etc/passwd", dir.path() + "/etc/relative");
  link("/", dir.path() + "/proc");
  const Directory root = Directory::open(dir.path()).value();
  constexpr auto in_root = Directory::Resolve::in_root;
  for (const char* path :
       {"absolute", "etc/relative", "/etc/passwd", "../../etc/passwd", "proc/proc/etc/passwd"}) {
    CAPTURE(path);
    CHECK(root.read(path, k_max_file_bytes, in_root).value() == "of the image");
  }
  link("/etc/shadow", dir.path() + "/dangling");
  CHECK(root.read("dangling", k_max_file_bytes, in_root).error().code == "file.not-found");
  const Directory etc = root.open_directory("proc/etc", in_root).value();
  CHECK(etc.read("passwd").value() == "of the image");
  CHECK(etc.read("relative", k_max_file_bytes, in_root).error().code ==
        "file.not-found");  // its root is /etc now
}

TEST_CASE("Directory: the kernel's magic links are not followed") {
  const Directory proc = Directory::open("/proc/self").value();
  CHECK(proc.open_directory("cwd").error().code == "file.escapes");
  CHECK(proc.open_directory("root", Directory::Resolve::in_root).error().code == "file.escapes");
}

TEST_CASE(
    "Directory: a FIFO does not hold us, a link as the last part can be "
    "refused") {
  const TempDirectory dir = temp();
  REQUIRE(::mkfifo((dir.path() + "/fifo").c_str(), 0600) == 0);
  put(dir.path() + "/f", "x");
  link("f", dir.path() + "/l");
  const Directory root = Directory::open(dir.path()).value();
  CHECK(root.read("fifo").error().code == "file.not-regular");
  CHECK(root.open_file("l", O_RDONLY | O_NOFOLLOW).error().code == "file.escapes");
}

TEST_CASE("Directory: files can be made inside, with their mode") {
  const TempDirectory dir = temp();
  const Directory root = Directory::open(dir.path()).value();
  const Fd fd = root.open_file("new", O_WRONLY | O_CREAT | O_EXCL, Directory::Resolve::beneath, 0600).value();
  CHECK(write_all(fd.get(), "text").has_value());
  CHECK(root.read("new").value() == "text");
  CHECK(mode_of(dir.path() + "/new") == 0600);
  CHECK_FALSE(root.open_file("../new", O_WRONLY | O_CREAT, Directory::Resolve::beneath, 0600).has_value());
}

TEST_CASE(
    "Directory: listing is sorted, typed, without . and .., and can be "
    "repeated") {
  const TempDirectory dir = temp();
  put(dir.path() + "/b", "");
  put(dir.path() + "/.hidden", "");
  REQUIRE(make_directories(dir.path() + "/a").has_value());
  link("/nowhere", dir.path() + "/c");
  REQUIRE(::mkfifo((dir.path() + "/d").c_str(), 0600) == 0);
  const Directory root = Directory::open(dir.path()).value();
  for (int i = 0; i < 2; ++i) {
    const auto entries = root.list().value();
    REQUIRE(entries.size() == 5);
    CHECK(entries[0].name == ".hidden");
    CHECK(entries[0].type == EntryType::regular);
    CHECK(entries[1].name == "a");
    CHECK(entries[1].type == EntryType::directory);
    CHECK(entries[3].type == EntryType::symlink);
    CHECK(entries[4].type == EntryType::other);
  }
  CHECK(Directory::open(dir.path() + "/nope").error().code == "file.not-found");
  CHECK_FALSE(Directory::open(dir.path() + "/b").has_value());
}

TEST_CASE("TempDirectory: private, moved with its owner, gone in the end") {
  std::string path;
  {
    TempDirectory first = temp();
    path = first.path();
    CHECK(mode_of(path) == 0700);
    const TempDirectory second = std::move(first);
    CHECK(second.path() == path);
    put(path + "/f", "x");
  }
  CHECK_FALSE(exists_itself(path));
}

TEST_CASE("TempDirectory: assignment removes what was held before") {
  TempDirectory a = temp();
  const std::string old = a.path();
  a = temp();
  CHECK_FALSE(exists_itself(old));
  CHECK(exists_itself(a.path()));
}

TEST_CASE("remove_tree: links are removed, what they point to is not") {
  const TempDirectory outside = temp();
  put(outside.path() + "/kept", "x");
  const TempDirectory dir = temp();
  const std::string tree = dir.path() + "/tree";
  REQUIRE(make_directories(tree + "/a/b").has_value());
  put(tree + "/a/b/f", "x");
  link(outside.path(), tree + "/a/out");
  link(outside.path() + "/kept", tree + "/file");
  CHECK(remove_tree(tree + "/").has_value());
  CHECK_FALSE(exists_itself(tree));
  CHECK(read_file(outside.path() + "/kept").value() == "x");

  link(outside.path(), dir.path() + "/link");
  CHECK(remove_tree(dir.path() + "/link").has_value());
  CHECK_FALSE(exists_itself(dir.path() + "/link"));
  CHECK(exists_itself(outside.path() + "/kept"));
}

TEST_CASE("remove_tree: a missing tree is no error, a senseless name is") {
  const TempDirectory dir = temp();
  CHECK(remove_tree(dir.path() + "/nope").has_value());
  CHECK(remove_tree(dir.path() + "/nope/deeper").has_value());
  for (const char* bad : {"", "/", ".", "..", "x/..", "//"}) {
    CAPTURE(bad);
    CHECK_FALSE(remove_tree(bad).has_value());
  }
}

TEST_CASE(
    "remove_tree: directories without permissions, and trees deeper than "
    "there are descriptors") {
  const TempDirectory dir = temp();
  const std::string tree = dir.path() + "/tree";
  REQUIRE(make_directories(tree + "/locked/in").has_value());
  REQUIRE(::chmod((tree + "/locked").c_str(), 0000) == 0);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit few{200, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  Fd at(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < 300; ++i) {
    REQUIRE(::mkdirat(at.get(), "d", 0700) == 0);
    const Fd file(::openat(at.get(), "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    at = Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(at.valid());
  }
  const Status removed = remove_tree(tree);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK_MESSAGE(removed.has_value(), (removed ? "" : to_string(removed.error())));
  CHECK_FALSE(exists_itself(tree));
}

TEST_CASE(
    "remove_tree: a mount inside is not entered, be it of the same file "
    "system") {
  const TempDirectory dir = temp();
  const TempDirectory outside = temp();
  put(outside.path() + "/kept", "x");
  REQUIRE(make_directories(dir.path() + "/tree/mounted").has_value());
  const pid_t child = ::fork();
  if (child == 0) {
    const bool ready =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount(outside.path().c_str(), (dir.path() + "/tree/mounted").c_str(), nullptr, MS_BIND, nullptr) ==
            0;
    if (!ready) ::_exit(77);
    const Status removed = remove_tree(dir.path() + "/tree");
    ::_exit(!removed && removed.error().code == "file.mount" ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    MESSAGE("not run: mounts are not allowed here");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(exists_itself(outside.path() + "/kept"));
}

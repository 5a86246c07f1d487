#include "image/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <ostream>

#include "support.h"

namespace sluice::image {
namespace {

using test::code_of;
using test::codes;
using test::Workshop;

// Unpacks into "root" of the workshop.
struct Unpacked {
  Workshop shop;
  Result<UnpackReport> report = fail(ErrorKind::internal, "not-run", "");

  explicit Unpacked(std::vector<std::vector<FileSpec>> layers, const UnpackOptions& options = {}) {
    REQUIRE(make_directories(shop.path("root")).has_value());
    const Image image = shop.image(std::move(layers)).value();
    const Fd root(::open(shop.path("root").c_str(), O_RDONLY | O_DIRECTORY));
    report = unpack(image, root.get(), options);
  }

  [[nodiscard]] std::string read(const std::string& path) const {
    const auto bytes = read_file(shop.path("root/" + path));
    return bytes ? *bytes : "(" + bytes.error().code + ")";
  }
  [[nodiscard]] struct stat stat(const std::string& path) const {
    struct stat info{};
    if (::lstat(shop.path("root/" + path).c_str(), &info) != 0) info.st_mode = 0;
    return info;
  }
  [[nodiscard]] std::vector<std::string> problems() const { return codes(report.value().problems); }
};

bool is_root() {
  return ::geteuid() == 0;
}

TEST_CASE("files, folders, links, modes and times are laid out") {
  FileSpec app = file_spec("bin/app", "elf", 04755);
  app.header.uid = 12;
  app.header.gid = 34;
  const Unpacked out({{folder_spec("bin", 0755), app, symlink_spec("sh", "bin/app"),
                       hardlink_spec("hard", "bin/app"), file_spec("deep/er/file", "x", 0600)}});
  REQUIRE(out.report.has_value());
  CHECK(out.problems().empty());
  CHECK(out.read("bin/app") == "elf");
  CHECK(out.read("sh") == "elf");
  CHECK((out.stat("bin/app").st_mode & 07777) == 04755);
  CHECK(out.stat("bin/app").st_nlink == 2);
  CHECK(out.stat("bin/app").st_mtime == 0);
  CHECK(out.stat("bin").st_mtime == 0);
  CHECK((out.stat("deep/er/file").st_mode & 07777) == 0600);
  CHECK(S_ISDIR(out.stat("deep/er").st_mode));
  CHECK(out.report->bytes == 4);
  if (is_root()) {
    CHECK(out.stat("bin/app").st_uid == 12);
    CHECK(out.stat("bin/app").st_gid == 34);
  }
}

TEST_CASE("whiteouts and opaque folders hide lower layers only") {
  const Unpacked out({
      {file_spec("key", "secret"), file_spec("d/one", "1"), file_spec("d/sub/two", "2"),
       file_spec("e/x", "x"), file_spec("f/a", "1")},
      {file_spec("d/sub/new", "n"), file_spec("d/.wh..wh..opq", ""), file_spec(".wh.key", ""),
       file_spec(".wh.e", ""), file_spec("f", "a file now")},
      {file_spec(".wh.f", ""), file_spec(".wh.missing", "")},
  });
  REQUIRE(out.report.has_value());
  CHECK(out.read("key") == "(file.not-found)");
  CHECK(out.read("d/one") == "(file.not-found)");
  CHECK(out.read("d/sub/two") == "(file.not-found)");
  CHECK(out.read("d/sub/new") == "n");
  CHECK(out.stat("e").st_mode == 0);
  CHECK(out.stat("f").st_mode == 0);
  CHECK(out.stat(".wh.key").st_mode == 0);
  CHECK(out.problems().empty());
}

// Each image tries to write outside its root; "outside" stands beside it and must stay as it is.
TEST_CASE("nothing is ever written outside the root") {
  const std::vector<std::vector<std::vector<FileSpec>>> images{
      {{file_spec("../outside/file", "evil")}},
      {{file_spec("/../outside/file", "evil")}},
      {{file_spec("a/../../outside/file", "evil")}},
      {{symlink_spec("a", "../outside"), file_spec("a/file", "evil")}},
      {{symlink_spec("a", "../outside")}, {file_spec("a/file", "evil")}},
      {{symlink_spec("a", "b"), symlink_spec("b", "../outside"), file_spec("a/file", "evil")}},
      {{symlink_spec("file", "../outside/file"), file_spec("file", "evil")}},
      {{symlink_spec("a", "../outside/file"), hardlink_spec("b", "a"), file_spec("b", "evil")}},
      {{hardlink_spec("b", "../outside/file"), file_spec("b", "evil")}},
      {{symlink_spec("a", "../outside"), hardlink_spec("b", "a/file"), file_spec("b", "evil")}},
      {{symlink_spec("a", "../outside"), file_spec("a/.wh.file", "")}},
      {{symlink_spec("a", "../outside")}, {file_spec("a/.wh..wh..opq", "")}},
      {{symlink_spec("a", "../outside")}, {folder_spec("a"), file_spec("a/file", "evil")}},
      {{symlink_spec("a", "..")}, {file_spec("a/outside/.wh.file", "")}},
      {{file_spec(".wh...", "")}},
      {{file_spec("..", "evil")}},
      {{folder_spec("../outside", 0)}},
      {{symlink_spec("a", "/proc/self/root"), file_spec("a/tmp/file", "evil")}},
      {{symlink_spec("etc", "/"), symlink_spec("proc", "/"), file_spec("etc/proc/../outside/file", "evil")}},
  };
  for (std::size_t i = 0; i < images.size(); ++i) {
    CAPTURE(i);
    const Workshop shop;
    REQUIRE(make_directories(shop.path("root")).has_value());
    REQUIRE(make_directories(shop.path("outside")).has_value());
    test::write_plain(shop.path("outside/file"), "good");
    const Image image = shop.image(images[i]).value();
    const Fd root(::open(shop.path("root").c_str(), O_RDONLY | O_DIRECTORY));
    const auto report = unpack(image, root.get());
    CHECK(report.has_value());
    CHECK(read_file(shop.path("outside/file")).value() == "good");
    CHECK(Directory::open(shop.path("outside")).value().list().value().size() == 1);
    struct stat info{};
    REQUIRE(::stat(shop.path("outside/file").c_str(), &info) == 0);
    CHECK(info.st_nlink == 1);
    REQUIRE(::stat(shop.path("outside").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0755);
  }
}

TEST_CASE("absolute links lead into the root") {
  const Unpacked out({{folder_spec("usr/lib"), symlink_spec("lib", "/usr/lib"), file_spec("lib/x", "1")}});
  CHECK(out.read("usr/lib/x") == "1");
}

TEST_CASE("/etc, /proc and /dev as links to / do no harm") {
  const Unpacked out({{symlink_spec("etc", "/"), symlink_spec("proc", "/"), symlink_spec("dev", ".."),
                       file_spec("etc/passwd", "p"), file_spec("proc/etc/dev/group", "g")}});
  CHECK(out.read("passwd") == "p");
  CHECK(out.read("group") == "g");
}

TEST_CASE("device nodes are left out, and told") {
  FileSpec device = file_spec("dev/sda", "");
  device.header.kind = EntryKind::block;
  device.header.device_major = 8;
  const Unpacked out({{device}});
  CHECK(out.stat("dev/sda").st_mode == 0);
  CHECK(out.problems() == std::vector<std::string>{"unpack.device"});
}

TEST_CASE("index and unpacked folder agree on the odd cases") {
  const Unpacked out({
      {file_spec("a", "1"), hardlink_spec("b", "a"), hardlink_spec("lost", "gone"), file_spec("twice", "1"),
       file_spec("twice", "2")},
      {hardlink_spec("a", "b"), hardlink_spec("b", "b"), file_spec("a/x", "no folder"),
       file_spec("../up", "")},
  });
  REQUIRE(out.report.has_value());
  CHECK(out.read("a") == "1");
  CHECK(out.read("b") == "1");
  CHECK(out.read("twice") == "2");
  CHECK(out.problems() ==
        std::vector<std::string>{"unpack.hardlink-missing", "entry.parent", "entry.dotdot"});
}

TEST_CASE("a folder without write permission does not stop what lies in it") {
  const Unpacked out({{folder_spec("ro", 0500), file_spec("ro/file", "1")},
                      {file_spec("ro/more", "2"), file_spec("ro/.wh.file", "")}});
  REQUIRE(out.report.has_value());
  CHECK(out.read("ro/more") == "2");
  if (is_root()) CHECK((out.stat("ro").st_mode & 0777) == 0500);
}

TEST_CASE("limits on bytes and entries") {
  UnpackOptions bytes;
  bytes.max_bytes = 5;
  CHECK(code_of(Unpacked({{file_spec("a", "123"), file_spec("b", "456")}}, bytes).report) == "unpack.limit");
  UnpackOptions entries;
  entries.max_entries = 2;
  CHECK(code_of(Unpacked({{file_spec("a", ""), file_spec("b", "")}, {file_spec("c", "")}}, entries).report) ==
        "unpack.limit");
}

TEST_CASE("one layer can be unpacked on top of another") {
  const Workshop shop;
  REQUIRE(make_directories(shop.path("root")).has_value());
  const Image image =
      shop.image({{file_spec("a", "1")}, {file_spec(".wh.a", ""), file_spec("b", "2")}}).value();
  const Fd root(::open(shop.path("root").c_str(), O_RDONLY | O_DIRECTORY));
  REQUIRE(unpack_layer(image, 0, root.get()).has_value());
  CHECK(path_exists(shop.path("root/a")));
  REQUIRE(unpack_layer(image, 1, root.get()).has_value());
  CHECK_FALSE(path_exists(shop.path("root/a")));
  CHECK(read_file(shop.path("root/b")).value() == "2");
}

TEST_CASE("a layer with a wrong digest fails, even after its files were written") {
  const Workshop shop;
  ImageSpec spec;
  spec.compression = Compression::none;
  spec.layers.push_back({{file_spec("a", "good")}, {}, ""});
  const WrittenImage written = write_layout(shop.path("image"), spec).value();
  test::write_plain(shop.path("image/blobs/sha256/" + written.layers[0].hex()),
                    make_tar({file_spec("a", "evil")}, 0));
  REQUIRE(make_directories(shop.path("root")).has_value());
  const Fd root(::open(shop.path("root").c_str(), O_RDONLY | O_DIRECTORY));
  CHECK(code_of(unpack(Image::open(shop.path("image")).value(), root.get())) == "image.blob-digest");
}

}  // namespace
}  // namespace sluice::image

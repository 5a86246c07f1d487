#include "image/file_index.h"

#include <doctest/doctest.h>
#include <chrono>
#include <ostream>

#include "image/limits.h"
#include "image/path.h"
#include "support.h"

namespace sluice::image {
namespace {

using test::code_of;
using test::codes;
using test::Workshop;

bool has(const FileIndex& index, std::string_view path) {
  return index.find(path).has_value();
}

FileSpec device_spec(std::string path) {
  FileSpec spec = file_spec(std::move(path), "");
  spec.header.kind = EntryKind::character;
  return spec;
}

TEST_CASE("paths are normalised, or refused") {
  CHECK(normalise_path("./usr//bin/./env/").path == "usr/bin/env");
  CHECK(normalise_path("/etc/passwd").path == "etc/passwd");
  CHECK(normalise_path("/etc/passwd").absolute);
  CHECK(normalise_path("./").path.empty());
  CHECK(normalise_path("").refused.empty());
  CHECK(normalise_path("../etc").refused == "dotdot");
  CHECK(normalise_path("a/../../etc").refused == "dotdot");
  CHECK(normalise_path("a/..").refused == "dotdot");
  CHECK(normalise_path("a/..b").refused.empty());
  CHECK(normalise_path(std::string("a\0b", 3)).refused == "nul");
  CHECK(normalise_path(std::string(k_max_path_bytes + 1, 'a')).refused == "too-long");
  CHECK(normalise_path(std::string(k_max_name_bytes + 1, 'a')).refused == "name-too-long");
}

TEST_CASE("layers merge: later entries replace, folders unite") {
  const Workshop shop;
  const FileIndex index = shop.index({
      {folder_spec("etc", 0755), file_spec("etc/a", "old"), file_spec("etc/b", "kept")},
      {folder_spec("etc", 0700), file_spec("etc/a", "newer", 0600)},
  });
  CHECK(test::paths(index) == "etc etc/a etc/b");
  CHECK(index.find("etc")->info->mode == 0700);
  const Found a = *index.find("/etc/a");
  CHECK(a.info->layer == 1);
  CHECK(a.info->mode == 0600);
  CHECK(a.info->size == 5);
  CHECK(a.info->content_digest == sha256("newer"));
  CHECK(index.find("etc/b")->info->layer == 0);
  CHECK(index.read("etc/a", 100).value() == "newer");
  CHECK(index.list("etc") == std::vector<std::string>{"a", "b"});
  CHECK(index.problems().kept().empty());
}

TEST_CASE("what a later layer hides still ships: whiteouts, opaque folders, replacement") {
  const Workshop shop;
  const FileIndex index = shop.index({
      {file_spec("key", "secret"), file_spec("d/one", "1"), file_spec("d/two", "2"), file_spec("e/x", "x"),
       file_spec("f", "f1")},
      {file_spec(".wh.key", ""), file_spec("d/.wh..wh..opq", ""), file_spec("d/three", "3"),
       file_spec("f", "f2")},
      {file_spec(".wh.e", "")},
  });
  CHECK(test::paths(index) == "d d/three f");
  std::string deleted;
  for (const DeletedFile& file : index.deleted()) {
    deleted += file.path + ":" + std::to_string(file.info.layer) + ">" + std::to_string(file.by_layer) + " ";
  }
  CHECK(deleted == "d/one:0>1 d/two:0>1 e/x:0>2 f:0>1 key:0>1 ");
  CHECK(index.deleted()[4].how == DeletedFile::How::whiteout);
  CHECK(index.deleted()[0].how == DeletedFile::How::opaque);
  CHECK(index.deleted()[3].how == DeletedFile::How::replaced);
  CHECK(index.read(index.deleted()[4].info, 100).value() == "secret");
}

TEST_CASE("a whiteout hides lower layers only, whatever its place in its own layer") {
  const Workshop shop;
  for (const bool first : {true, false}) {
    std::vector<FileSpec> upper{folder_spec("d"), file_spec("d/new", "n")};
    upper.insert(first ? upper.begin() : upper.end(), file_spec(".wh.d", ""));
    const FileIndex index = shop.index({{file_spec("d/old", "o")}, upper});
    CHECK(test::paths(index) == "d d/new");
    // Those that apply entries one by one would remove the new file with the second order.
    CHECK(index.problems().any_lossy() == !first);
  }
  const FileIndex same = shop.index({{file_spec("f", "1"), file_spec(".wh.f", "")}});
  CHECK(test::paths(same) == "f");
  CHECK(codes(same.problems()) == std::vector<std::string>{"entry.whiteout-same-layer"});
  CHECK(same.problems().any_lossy());
}

TEST_CASE("odd whiteout names do nothing, and are told") {
  const Workshop shop;
  const FileIndex index = shop.index({{file_spec("a", "")},
                                      {file_spec(".wh.", ""), file_spec(".wh..", ""), file_spec(".wh...", ""),
                                       file_spec(".wh..wh.plnk", "")}});
  CHECK(test::paths(index) == "a");
  CHECK(index.problems().total() == 4);
}

TEST_CASE("symbolic links resolve inside the image, also absolute ones and ..") {
  const Workshop shop;
  const FileIndex index = shop.index({{
      file_spec("usr/lib/libc.so", "elf"),
      symlink_spec("lib", "usr/lib"),
      symlink_spec("abs", "/usr/lib"),
      symlink_spec("up", "../../../../usr/lib"),
      symlink_spec("usr/self", "."),
      symlink_spec("broken", "nowhere"),
      symlink_spec("a", "b"),
      symlink_spec("b", "a"),
      symlink_spec("root", "/"),
      symlink_spec("file", "lib/libc.so"),
  }});
  for (const char* path : {"lib/libc.so", "/abs/libc.so", "up/libc.so", "usr/self/self/lib/libc.so",
                           "root/root/lib/libc.so", "lib/../lib/libc.so", "/../../lib/libc.so"}) {
    CAPTURE(path);
    REQUIRE(index.find(path).has_value());
    CHECK(index.find(path)->path == "usr/lib/libc.so");
    CHECK(index.read(path, 10).value() == "elf");
  }
  CHECK(index.find("lib")->info->kind == EntryKind::symlink);
  CHECK(index.resolve("lib")->path == "usr/lib");
  CHECK(index.resolve("file")->path == "usr/lib/libc.so");
  CHECK_FALSE(index.resolve("broken").has_value());
  CHECK(has(index, "broken"));
  CHECK_FALSE(index.resolve("a").has_value());
  CHECK_FALSE(has(index, "a/x"));
  CHECK_FALSE(has(index, "usr/lib/libc.so/x"));
  CHECK(code_of(index.read("etc/passwd", 10)) == "image.no-such-file");
  CHECK(code_of(index.read("usr", 10)) == "image.not-regular");
}

TEST_CASE("a link bomb is bounded") {
  const Workshop shop;
  std::vector<FileSpec> files{folder_spec("d")};
  std::string target = "d";
  for (int i = 0; i < 60; ++i) {
    files.push_back(symlink_spec("l" + std::to_string(i), target + "/../" + target + "/../" + target));
    target = "l" + std::to_string(i);
  }
  const FileIndex index = shop.index({files});
  CHECK(index.resolve("l2").has_value());
  CHECK_FALSE(index.resolve("l50").has_value());
}

TEST_CASE("hard links share one file; one that points nowhere is left out and told") {
  const Workshop shop;
  const FileIndex index = shop.index({
      {file_spec("a", "content", 04755), hardlink_spec("b", "a"), hardlink_spec("c", "/a"),
       hardlink_spec("out", "../../etc/passwd"), hardlink_spec("none", "missing"), folder_spec("d"),
       hardlink_spec("dir", "d")},
      {file_spec(".wh.a", ""), hardlink_spec("b", "c")},
  });
  CHECK(test::paths(index) == "b c d");
  CHECK(index.find("b")->info == index.find("c")->info);
  CHECK(index.find("b")->info->links == 2);
  CHECK(index.read("b", 100).value() == "content");
  CHECK(index.deleted().empty());  // the bytes are still to be seen under another name
  CHECK(codes(index.problems()) == std::vector<std::string>{"entry.hardlink-missing",
                                                            "entry.hardlink-missing",
                                                            "entry.hardlink-missing"});
}

TEST_CASE("names that leave the image are left out, and make the index incomplete") {
  const Workshop shop;
  const FileIndex index = shop.index({{file_spec("../evil", "x"), file_spec("a/../../evil", "x"),
                                       file_spec("/etc/absolute", "x"), file_spec("ok", "x")}});
  CHECK(test::paths(index) == "etc etc/absolute ok");
  CHECK(codes(index.problems()) ==
        std::vector<std::string>{"entry.dotdot", "entry.dotdot", "entry.absolute"});
  CHECK(index.problems().any_lossy());
}

TEST_CASE("an entry below a link lands behind it; across layers that is told, for runtimes disagree") {
  const Workshop shop;
  const FileIndex one =
      shop.index({{folder_spec("usr/lib"), symlink_spec("lib", "usr/lib"), file_spec("lib/x", "1")}});
  CHECK(one.find("lib/x")->path == "usr/lib/x");
  CHECK(one.problems().kept().empty());
  const FileIndex two =
      shop.index({{folder_spec("usr/lib"), symlink_spec("lib", "usr/lib")}, {file_spec("lib/x", "1")}});
  CHECK(two.find("lib/x")->path == "usr/lib/x");
  CHECK(codes(two.problems()) == std::vector<std::string>{"entry.through-symlink"});
}

TEST_CASE("an image in which /etc, /proc and /dev are links to / is indexed without harm") {
  const Workshop shop;
  const FileIndex index =
      shop.index({{symlink_spec("etc", "/"), symlink_spec("proc", "/"), symlink_spec("dev", ".."),
                   file_spec("etc/passwd", "root:x:0:0"), file_spec("proc/etc/dev/group", "g")}});
  CHECK(index.find("passwd")->path == "passwd");
  CHECK(index.find("/etc/etc/proc/passwd")->path == "passwd");
  CHECK(index.find("group")->path == "group");
}

TEST_CASE("a file in the place of a folder, and a folder in the place of a file") {
  const Workshop shop;
  const FileIndex index = shop.index({
      {file_spec("a/x", "1"), file_spec("b", "1")},
      {file_spec("a", "now a file"), file_spec("b/y", "2")},
      {folder_spec("b"), file_spec("b/z", "3")},
  });
  CHECK(test::paths(index) == "a b b/z");
  CHECK(codes(index.problems()) == std::vector<std::string>{"entry.parent"});
}

TEST_CASE("devices, unknown types and repeated paths are told") {
  const Workshop shop;
  FileSpec odd = file_spec("odd", "content");
  odd.header.kind = EntryKind::other;
  const FileIndex index = shop.index({{device_spec("dev/null"), odd, file_spec("twice", "1"),
                                       file_spec("./twice", "2"), folder_spec("d"), folder_spec("d")}});
  CHECK(codes(index.problems()) == std::vector<std::string>{"entry.device", "entry.type", "entry.duplicate"});
  CHECK(index.find("dev/null")->info->kind == EntryKind::character);
  CHECK(index.find("dev")->info->implicit);
  CHECK(index.read("twice", 10).value() == "2");
  CHECK_FALSE(has(index, "odd"));
}

TEST_CASE("data behind the end of a layer's archive is told") {
  const Workshop shop;
  const Image image =
      shop.image_of_tar(make_tar({file_spec("a", "1")}, 0) + make_tar({file_spec("hidden", "2")}, 0)).value();
  const FileIndex index = FileIndex::build(image).value();
  CHECK(test::paths(index) == "a");
  CHECK(codes(index.problems()) == std::vector<std::string>{"layer.trailing-data"});
}

TEST_CASE("xattrs and times are kept") {
  const Workshop shop;
  FileSpec ping = file_spec("bin/ping", "elf", 0755);
  ping.header.xattrs["security.capability"] = "caps";
  const FileIndex index = shop.index({{ping}});
  CHECK(index.find("bin/ping")->info->has_capability());
  CHECK(index.find("bin/ping")->info->mtime == 0);
}

TEST_CASE("content that was asked for is kept; other content is read from its layer, in any number") {
  const Workshop shop;
  const Image image =
      shop.image({{file_spec("a", "A"), file_spec("b", "B"), hardlink_spec("c", "b")}, {file_spec("d", "D")}})
          .value();
  for (const bool digests : {true, false}) {
    IndexOptions options;
    options.digests = digests;
    options.keep = [](std::string_view path, const TarEntry&) { return path == "a"; };
    const FileIndex index = FileIndex::build(image, options).value();
    std::string seen;
    const std::vector<const FileInfo*> files{index.find("a")->info, index.find("b")->info,
                                             index.find("c")->info, index.find("d")->info};
    REQUIRE(index
                .read_many(files, 10,
                           [&](const FileInfo&, Bytes content) -> Status {
                             seen += content;
                             return {};
                           })
                .has_value());
    CHECK(seen == "ABBD");
    CHECK(index.find("a")->info->content_digest.has_value() == digests);
  }
  const FileIndex index = FileIndex::build(image).value();
  CHECK(code_of(index.read("a", 0)) == "image.too-large");
}

TEST_CASE("a layer that changes after it was verified cannot slip in other content") {
  const Workshop shop;
  ImageSpec spec;
  spec.compression = Compression::none;
  spec.layers.push_back({{file_spec("a", "good")}, {}, ""});
  const WrittenImage written = write_layout(shop.path("image"), spec).value();
  const Image image = Image::open(shop.path("image")).value();
  const FileIndex index = FileIndex::build(image).value();
  test::write_plain(shop.path("image/blobs/sha256/" + written.layers[0].hex()),
                    make_tar({file_spec("a", "evil")}, 0));
  CHECK(code_of(index.read("a", 10)) == "image.changed");
}

TEST_CASE("100,000 files in one folder are indexed") {
  const Workshop shop;
  std::vector<FileSpec> files;
  for (int i = 0; i < 100'000; ++i) files.push_back(file_spec("d/f" + std::to_string(i), ""));
  const FileIndex index = shop.index({files});
  CHECK(index.size() == 100'001);
  CHECK(index.list("d").size() == 100'000);
  CHECK(has(index, "d/f99999"));
}

TEST_CASE("very deep folders and names that multiply folders are bounded") {
  const Workshop shop;
  std::string deep = "a";
  while (deep.size() < 4000) deep += "/a";
  std::vector<FileSpec> files{folder_spec(deep)};
  files.push_back(symlink_spec("s", deep));
  files.push_back(folder_spec("s/" + deep));  // twice as deep
  const FileIndex index = shop.index({files});
  CHECK(codes(index.problems()) == std::vector<std::string>{"entry.too-deep"});
  CHECK(index.size() == 2001 + 1 + (2048 - 2001));
}

TEST_CASE("problems are counted beyond those kept") {
  const Workshop shop;
  std::vector<FileSpec> files;
  for (int i = 0; i < 1500; ++i) files.push_back(file_spec("../x" + std::to_string(i), ""));
  const FileIndex index = shop.index({files});
  CHECK(index.problems().kept().size() == k_max_problems);
  CHECK(index.problems().total() == 1500);
}

TEST_CASE("an image without layers is empty") {
  const Workshop shop;
  const FileIndex index = shop.index({});
  CHECK(index.size() == 0);
  CHECK(index.find("/").has_value());
  CHECK(index.find("")->info->kind == EntryKind::directory);
}

}  // namespace
}  // namespace sluice::image

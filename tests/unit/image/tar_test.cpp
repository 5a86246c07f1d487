#include "image/tar.h"

#include <doctest/doctest.h>
#include <ostream>

#include "image/tar_writer.h"
#include "support.h"

namespace sluice::image {
namespace {

using test::code_of;

struct Read {
  std::vector<TarEntry> entries;
  std::vector<Bytes> contents;
  bool trailing = false;
};

Result<Read> read_tar(BytesView bytes) {
  MemorySource source(bytes);
  TarReader tar(source);
  Read read;
  while (auto entry = SLUICE_TRY(tar.next())) {
    read.contents.push_back(SLUICE_TRY(read_all(tar, 1u << 20, "an entry")));
    read.entries.push_back(std::move(*entry));
  }
  read.trailing = SLUICE_TRY(tar.finish());
  return read;
}

TarEntry named(std::string path) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  return entry;
}

Bytes tar_of(const std::string& path, BytesView content = {}) {
  TarWriter writer;
  writer.add(named(path), content);
  return writer.finish();
}

std::string pax(const std::string& key, const std::string& value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + " " + key + "=" + value + "\n";
}

// Sets a field of the first header and mends its checksum.
Bytes with_field(Bytes tar, std::size_t offset, std::string_view value) {
  tar.replace(offset, value.size(), value);
  tar.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(tar[i]);
  std::string digits;
  for (int shift = 15; shift >= 0; shift -= 3) digits += static_cast<char>('0' + ((sum >> shift) & 7u));
  tar.replace(148, 7, digits + '\0');
  return tar;
}

TEST_CASE("entries of every kind come back as written") {
  TarWriter writer;
  TarEntry file = named("usr/bin/app");
  file.mode = 04755;
  file.uid = 1000;
  file.gid = 70'000'000;  // more than the octal field holds
  file.mtime = 1'700'000'000;
  file.xattrs["security.capability"] = std::string("\x01\0\0\x02", 4);
  writer.add(file, "content");
  TarEntry link = named("lib");
  link.kind = EntryKind::symlink;
  link.link = "usr/lib";
  writer.add(link);
  TarEntry device = named("dev/null");
  device.kind = EntryKind::character;
  device.device_major = 1;
  device.device_minor = 3;
  writer.add(device);
  const Read read = read_tar(writer.finish()).value();
  REQUIRE(read.entries.size() == 3);
  CHECK(read.entries[0].path == "usr/bin/app");
  CHECK(read.entries[0].mode == 04755);
  CHECK(read.entries[0].uid == 1000);
  CHECK(read.entries[0].gid == 70'000'000);
  CHECK(read.entries[0].mtime == 1'700'000'000);
  CHECK(read.entries[0].xattrs.at("security.capability").size() == 4);
  CHECK(read.contents[0] == "content");
  CHECK(read.entries[1].kind == EntryKind::symlink);
  CHECK(read.entries[1].link == "usr/lib");
  CHECK(read.entries[2].kind == EntryKind::character);
  CHECK(read.entries[2].device_minor == 3);
  CHECK_FALSE(read.trailing);
}

TEST_CASE("long names: pax, GNU and the ustar prefix") {
  const std::string name = std::string(150, 'a') + "/" + std::string(150, 'b');
  CHECK(read_tar(tar_of(name, "x")).value().entries.at(0).path == name);

  TarWriter gnu;
  gnu.add_raw('L', "././@LongLink", name + '\0');
  gnu.add_raw('K', "././@LongLink", std::string("target") + '\0');
  TarEntry link = named("short");
  link.kind = EntryKind::symlink;
  gnu.add(link);
  const Read read = read_tar(gnu.finish()).value();
  CHECK(read.entries.at(0).path == name);
  CHECK(read.entries.at(0).link == "target");

  CHECK(read_tar(with_field(tar_of("file"), 345, "some/prefix")).value().entries.at(0).path ==
        "some/prefix/file");
  // GNU's own magic has times where ustar has the prefix.
  const Bytes old = with_field(with_field(tar_of("file"), 257, "ustar  "), 345, "12345670123");
  CHECK(read_tar(old).value().entries.at(0).path == "file");
}

TEST_CASE("what implementations read in two ways is refused") {
  TarWriter both;
  both.add_raw('L', "././@LongLink", std::string("gnu-name") + '\0');
  both.add_raw('x', "pax", pax("path", "pax-name"));
  both.add(named("name"));
  CHECK(code_of(read_tar(both.finish())) == "image.tar-long-name");

  TarWriter global;
  global.add_raw('g', "global", pax("path", "renamed"));
  global.add(named("name"));
  CHECK(code_of(read_tar(global.finish())) == "image.tar-global-header");

  TarWriter comment;
  comment.add_raw('g', "global", pax("comment", "0123456789abcdef"));
  comment.add(named("name"));
  CHECK(read_tar(comment.finish()).value().entries.size() == 1);

  TarWriter sparse;
  sparse.add_raw('x', "pax", pax("GNU.sparse.major", "1"));
  sparse.add(named("name"));
  CHECK(code_of(read_tar(sparse.finish())) == "image.tar-sparse");

  TarWriter twice;
  twice.add_raw('x', "pax", pax("path", "a") + pax("path", "b"));
  twice.add(named("name"));
  CHECK(code_of(read_tar(twice.finish())) == "image.tar-pax");

  TarWriter nul;
  nul.add_raw('x', "pax", pax("path", std::string("a\0b", 3)));
  nul.add(named("name"));
  CHECK(code_of(read_tar(nul.finish())) == "image.tar-pax");
}

TEST_CASE("broken pax records are errors") {
  for (const std::string& record : {std::string("5"), std::string("99 path=x\n"), std::string("9 path=x_"),
                                    std::string("0 \n"), std::string("4 =\n"), std::string("+9 path=x\n"),
                                    std::string("10 size=-1\n"), std::string("18446744073709551615 a=b\n"),
                                    std::string("9 uid=1x\n"), std::string("18 uid=4294967295\n")}) {
    CAPTURE(record);
    TarWriter writer;
    writer.add_raw('x', "pax", record);
    writer.add(named("name"));
    CHECK(code_of(read_tar(writer.finish())) == "image.tar-pax");
  }
}

TEST_CASE("the size of a pax header counts, and decides where the next entry is") {
  TarWriter inner;
  inner.add(named("inside"), "x");
  TarWriter writer;
  writer.add_raw('x', "pax", pax("size", "1024"));
  writer.add(named("outer"));  // its own header says 0
  writer.append(inner.finish().substr(0, 1024));
  writer.add(named("next"));
  const Read read = read_tar(writer.finish()).value();
  REQUIRE(read.entries.size() == 2);
  CHECK(read.contents[0].size() == 1024);
  CHECK(read.entries[1].path == "next");
}

TEST_CASE("a checksum that does not hold is an error") {
  Bytes tar = tar_of("file", "content");
  tar[0] = 'F';
  CHECK(code_of(read_tar(tar)) == "image.tar-checksum");
}

TEST_CASE("numbers out of range are errors") {
  const Bytes tar = tar_of("file", "content");
  CHECK(code_of(read_tar(with_field(tar, 124, "00000000009"))) == "image.tar-number");  // no octal digit
  CHECK(code_of(read_tar(with_field(tar, 124, std::string(12, '\xff')))) == "image.tar-number");  // negative
  CHECK(code_of(read_tar(with_field(tar, 124, '\x80' + std::string(11, '\xff')))) == "image.tar-number");
  CHECK(code_of(read_tar(
            with_field(tar, 124, '\x80' + std::string(3, '\0') + '\x7f' + std::string(7, '\xff')))) ==
        "image.tar-number");
  // uid 2^32 would be root if it were cut to 32 bits
  const std::string two_to_32("\x80\0\0\x01\0\0\0\0", 8);
  CHECK(code_of(read_tar(with_field(tar, 108, two_to_32))) == "image.tar-number");
}

TEST_CASE("a truncated archive is an error wherever it is cut, save at a header") {
  const Bytes tar = tar_of("file", std::string(700, 'x'));
  for (std::size_t size = 1; size < 512 + 700; ++size) {
    if (size == 512 + 700) continue;
    CAPTURE(size);
    CHECK(code_of(read_tar(BytesView(tar).substr(0, size))) == "image.truncated");
  }
  CHECK(read_tar(BytesView(tar).substr(0, 512 + 1024)).has_value());  // no end blocks: as Go's reader
  CHECK(read_tar("").has_value());
}

TEST_CASE("the end: half of it is an error, data behind it is noticed") {
  const Bytes one = tar_of("one");
  const Bytes two = tar_of("two");
  CHECK(code_of(read_tar(one.substr(0, 512) + Bytes(512, '\0') + two)) == "image.tar-end");
  const Read hidden = read_tar(one + two).value();
  CHECK(hidden.entries.size() == 1);
  CHECK(hidden.trailing);
  CHECK_FALSE(read_tar(one + Bytes(10'240, '\0')).value().trailing);
}

TEST_CASE("links and folders carry no content, whatever size they claim") {
  TarWriter writer;
  TarEntry link = named("link");
  link.kind = EntryKind::hardlink;
  link.link = "file";
  writer.add(link);
  writer.add(named("file"), "x");
  const Read read = read_tar(with_field(writer.finish(), 124, "00000001000")).value();
  REQUIRE(read.entries.size() == 2);
  CHECK(read.entries[0].size == 0);
  CHECK(read.entries[0].size_on_header_only);
  CHECK(read.entries[1].path == "file");
}

TEST_CASE("a long name over the limit is refused before memory is taken") {
  TarWriter writer;
  writer.add_raw('L', "././@LongLink", "");
  const Bytes huge = with_field(writer.finish(), 124, "77777777777");  // 8 GiB
  CHECK(code_of(read_tar(huge)) == "image.too-large");
}

TEST_CASE("content not read is skipped") {
  TarWriter writer;
  writer.add(named("a"), Bytes(200'000, 'a'));
  writer.add(named("b"), "b");
  const Bytes bytes = writer.finish();
  MemorySource source(bytes);
  TarReader tar(source);
  REQUIRE(tar.next().value().has_value());
  char some[10];
  CHECK(tar.read(some, sizeof some).value() == 10);
  const auto second = tar.next().value();
  REQUIRE(second.has_value());
  CHECK(second->path == "b");
  CHECK(tar.offset() == 512 + 200'192 + 512);
}

}  // namespace
}  // namespace sluice::image

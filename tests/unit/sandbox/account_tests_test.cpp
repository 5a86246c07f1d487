// Users, groups, packages and names, from images made in code.
#include "sandbox/account_tests.h"

#include <string>

#include "image/write.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;

namespace {

image::FileIndex index_of(std::vector<image::FileSpec> files) {
  const TempDirectory directory = TempDirectory::create().value();
  image::ImageSpec spec;
  spec.compression = image::Compression::none;
  image::LayerSpec layer;
  layer.files = std::move(files);
  spec.layers.push_back(std::move(layer));
  const std::string path = directory.path() + "/image";
  REQUIRE(image::write_layout(path, spec));
  image::IndexOptions options;
  options.keep = [](std::string_view, const image::TarEntry&) { return true; };  // the folder goes away
  return image::FileIndex::build(image::Image::open(path).value(), options).value();
}

image::FileIndex debian() {
  return index_of(
      {image::file_spec("etc/passwd",
                        "root:x:0:0:root:/root:/bin/bash\nbroken\napp:x:1000:1001:An App:/srv:/bin/false\n"),
       image::file_spec("etc/group", "root:x:0:\napp:x:1001:\nextra:x:7:other,app\n"),
       image::file_spec("etc/hosts", "10.1.1.1 db\n"),
       image::file_spec(
           "var/lib/dpkg/status",
           "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\n"
           "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"),
       image::file_spec("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\n"),
       image::file_spec("var/lib/dpkg/status.d/base.md5sums", "Package: no\n")});
}

template <typename T>
std::string told(const T& test, const image::FileIndex& index) {
  const Outcome outcome = judge(test, index);
  return outcome.status == TestStatus::passed
             ? "passed"
             : std::string(to_string(outcome.status)) + ": " + outcome.message;
}

}  // namespace

TEST_CASE("users of the image") {
  const auto index = debian();
  CHECK(told(UserTest{"app", true, 1000, 1001, "/srv", "/bin/false", {"app", "extra"}}, index) == "passed");
  CHECK(told(UserTest{"nobody", false, {}, {}, {}, {}, {}}, index) == "passed");
  CHECK(told(UserTest{"app", false, {}, {}, {}, {}, {}}, index) == "failed: user app exists");
  CHECK(told(UserTest{"broken", true, {}, {}, {}, {}, {}}, index) == "failed: user broken does not exist");
  CHECK(told(UserTest{"app", true, 0, {}, {}, "/bin/sh", {"root"}}, index) ==
        "failed: user app has uid 1000, not 0; user app has shell \"/bin/false\", not \"/bin/sh\"; "
        "user app is not in group root (app, extra)");
}

TEST_CASE("groups of the image") {
  const auto index = debian();
  CHECK(told(GroupTest{"extra", true, 7, {"app"}}, index) == "passed");
  CHECK(told(GroupTest{"extra", true, 8, {"root"}}, index) ==
        "failed: group extra has gid 7, not 8; group extra does not list root");
  CHECK(told(GroupTest{"wheel", true, {}, {}}, index) == "failed: group wheel does not exist");
}

TEST_CASE("packages of dpkg, as one file and as many") {
  const auto index = debian();
  CHECK(told(PackageTest{"libc6", true, {}}, index) == "passed");
  CHECK(told(PackageTest{"libc6", true, {"1", "2.36-9"}}, index) == "passed");
  CHECK(told(PackageTest{"libc6", true, {"1"}}, index) ==
        "failed: package libc6 has version \"2.36-9\", not \"1\"");
  CHECK(told(PackageTest{"base-files", true, {"12.4"}}, index) == "passed");
  CHECK(told(PackageTest{"gone", true, {}}, index) == "failed: package gone is not installed");
  CHECK(told(PackageTest{"no", false, {}}, index) == "passed");
  CHECK(told(PackageTest{"libc6", false, {}}, index) == "failed: package libc6 2.36-9 is installed");
}

TEST_CASE("packages of apk; an rpm database is not guessed at") {
  const auto alpine =
      index_of({image::file_spec("lib/apk/db/installed", "P:musl\nV:1.2.4-r2\n\nP:zlib\nV:1.3\n")});
  CHECK(told(PackageTest{"zlib", true, {"1.3"}}, alpine) == "passed");
  const auto fedora = index_of({image::file_spec("usr/lib/sysimage/rpm/rpmdb.sqlite", "x")});
  CHECK(told(PackageTest{"bash", false, {}}, fedora).starts_with("error: "));
  CHECK(told(PackageTest{"bash", false, {}}, index_of({})) == "passed");
}

TEST_CASE("names by the image's hosts file") {
  const auto index = debian();
  CHECK(told(DnsTest{"db", 0, true, {"10.1.1.1"}}, index) == "passed");
  CHECK(told(DnsTest{"db", 0, true, {"10.1.1.2"}}, index) ==
        "failed: db resolves to 10.1.1.1, not to 10.1.1.2");
  CHECK(told(DnsTest{"db", 0, false, {}}, index) == "failed: db resolves to 10.1.1.1");
  CHECK(told(DnsTest{"example.com", 0, false, {}}, index) == "passed");
  CHECK(told(DnsTest{"example.com", 0, true, {}}, index) == "failed: example.com has no address");
}

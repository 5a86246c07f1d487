#include <ostream>

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "record/lockfile.h"

using namespace sluice;
using namespace sluice::record;

namespace {

LockedPackages read(std::string_view path, std::string_view text) {
  auto out = read_lockfile(path, text);
  if (!out) FAIL(to_string(out.error()));
  return *out;
}

// base64 of 64 bytes "a", and its hex
const std::string k_b64_512 = "sha512-" + to_base64(std::string(64, 'a'));
const std::string k_hex_512 = to_hex(std::string(64, 'a'));
const std::string k_hex_256(64, 'b');

}  // namespace

TEST_CASE("package-lock.json, version 3: nested and scoped packages; links and workspaces are none") {
  const auto out = read("x/package-lock.json", R"({"lockfileVersion":3,"packages":{
    "":{"name":"root"},
    "node_modules/a":{"version":"1.0.0","integrity":")" +
                                                   k_b64_512 + R"("},
    "node_modules/a/node_modules/@s/b":{"version":"2.0.0"},
    "node_modules/w":{"link":true,"resolved":"packages/w"},
    "packages/w":{"version":"0.0.1"}}})");
  REQUIRE(out.packages.size() == 2);
  CHECK(out.packages[0].uri == "pkg:npm/a@1.0.0");
  CHECK(out.packages[0].digest.at("sha512") == k_hex_512);
  CHECK(out.packages[1].uri == "pkg:npm/%40s/b@2.0.0");
  CHECK(out.without_digest == 1);
}

TEST_CASE("package-lock.json, version 1") {
  const auto out = read("package-lock.json", R"({"lockfileVersion":1,"dependencies":{
    "a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}}}})");
  CHECK(out.packages.size() == 2);
}

TEST_CASE("yarn.lock 1: quoted and scoped names, integrity, the URL's sha1 without it") {
  const auto out = read("yarn.lock",
                        "# yarn lockfile v1\n\n\"@s/a@^1.0.0\", \"@s/a@^1.1.0\":\n  version \"1.1.0\"\n"
                        "  resolved \"https://r/a.tgz#" +
                            std::string(40, 'c') +
                            "\"\n"
                            "  integrity " +
                            k_b64_512 +
                            "\n  dependencies:\n    version \"9\"\n\n"
                            "b@1:\n  version \"1.0.0\"\n  resolved \"https://r/b.tgz#" +
                            std::string(40, 'c') + "\"\n");
  REQUIRE(out.packages.size() == 2);
  CHECK(out.packages[0].uri == "pkg:npm/%40s/a@1.1.0");
  CHECK(out.packages[0].digest.at("sha512") == k_hex_512);
  CHECK(out.packages[1].digest.at("sha1") == std::string(40, 'c'));
}

TEST_CASE("pnpm-lock.yaml: keys of both styles") {
  const auto out = read("pnpm-lock.yaml",
                        "lockfileVersion: '6.0'\npackages:\n  /@s/a@1.0.0(b@2.0.0):\n"
                        "    resolution: {integrity: " +
                            k_b64_512 +
                            "}\n  /b/2.0.0:\n"
                            "    resolution: {integrity: " +
                            k_b64_512 + "}\n");
  REQUIRE(out.packages.size() == 2);
  CHECK(out.packages[0].uri == "pkg:npm/%40s/a@1.0.0");
  CHECK(out.packages[1].uri == "pkg:npm/b@2.0.0");
}

TEST_CASE("Cargo.lock: the project's own crates are no dependencies") {
  const auto out = read("Cargo.lock",
                        "version = 3\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n"
                        " \"serde\",\n]\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\n"
                        "source = \"registry+https://x\"\nchecksum = \"" +
                            k_hex_256 + "\"\n");
  REQUIRE(out.packages.size() == 1);
  CHECK(out.packages[0].uri == "pkg:cargo/serde@1.0.1");
  CHECK(out.packages[0].digest.at("sha256") == k_hex_256);
}

TEST_CASE("poetry.lock and uv.lock: one dependency a file") {
  const auto poetry =
      read("poetry.lock",
           "[[package]]\nname = \"a\"\nversion = \"1.0\"\nfiles = [\n"
           "    {file = \"a-1.0.whl\", hash = \"sha256:" +
               k_hex_256 +
               "\"},\n"
               "    {file = \"a-1.0.tar.gz\", hash = \"sha256:" +
               k_hex_256 +
               "\"},\n]\n\n"
               "[package.dependencies]\nname = \">=2\"\n\n[metadata]\nlock-version = \"2.0\"\n");
  REQUIRE(poetry.packages.size() == 2);
  CHECK(poetry.packages[0].uri == "pkg:pypi/a@1.0?file_name=a-1.0.whl");
  const auto uv = read("uv.lock",
                       "version = 1\n\n[[package]]\nname = \"a\"\nversion = \"1.0\"\n"
                       "source = { registry = \"https://x\" }\n"
                       "sdist = { url = \"https://x/a-1.0.tar.gz\", hash = \"sha256:" +
                           k_hex_256 +
                           "\", size = 1 }\n"
                           "wheels = [\n    { url = \"https://x/a-1.0.whl\", hash = \"sha256:" +
                           k_hex_256 + "\" },\n]\n");
  REQUIRE(uv.packages.size() == 2);
  CHECK(uv.packages[1].uri == "pkg:pypi/a@1.0?file_name=a-1.0.whl");
}

TEST_CASE("go.sum: modules, not their go.mod; h1 as dirHash1") {
  const std::string h1 = "h1:" + to_base64(std::string(32, 'd'));
  const auto out =
      read("go.sum", "example.com/a v1.0.0 " + h1 + "\nexample.com/a v1.0.0/go.mod " + h1 + "\n");
  REQUIRE(out.packages.size() == 1);
  CHECK(out.packages[0].uri == "pkg:golang/example.com/a@v1.0.0");
  CHECK(out.packages[0].digest.at("dirHash1") == to_hex(std::string(32, 'd')));
}

TEST_CASE("Gemfile.lock, composer.lock, Pipfile.lock and requirements.txt") {
  const auto gem =
      read("Gemfile.lock",
           "GEM\n  remote: https://rubygems.org/\n  specs:\n    rake (13.0.6)\n      dep (>= 1)\n"
           "\nCHECKSUMS\n  rake (13.0.6) sha256=" +
               k_hex_256 + "\n");
  REQUIRE(gem.packages.size() == 1);
  CHECK(gem.packages[0].digest.at("sha256") == k_hex_256);
  const auto composer =
      read("composer.lock", R"({"content-hash":"x","packages":[{"name":"a/b","version":"1.0",
    "dist":{"shasum":")" + std::string(40, 'c') +
                                R"("}}],"packages-dev":[]})");
  CHECK(composer.packages[0].uri == "pkg:composer/a/b@1.0");
  const auto pipfile =
      read("Pipfile.lock",
           R"({"_meta":{},"default":{"a":{"version":"==1.0","hashes":["sha256:)" + k_hex_256 + R"("]}}})");
  CHECK(pipfile.packages[0].uri == "pkg:pypi/a@1.0");
  const auto pip = read("requirements.txt", "# c\na[x]==1.0 \\\n    --hash=sha256:" + k_hex_256 +
                                                " \\\n    --hash=sha256:" + k_hex_256 +
                                                "\nb>=2\nc==3 ; python_version>'3'\n");
  REQUIRE(pip.packages.size() == 3);
  CHECK(pip.packages[0].digest.at("sha256") == k_hex_256);
  CHECK(pip.packages[2].uri == "pkg:pypi/c@3");
}

TEST_CASE("what is no lock file of its name is an error, not an empty list") {
  CHECK_FALSE(read_lockfile("package-lock.json", "{}"));
  CHECK_FALSE(read_lockfile("package-lock.json", "[]"));
  CHECK_FALSE(read_lockfile("yarn.lock", "hello"));
  CHECK_FALSE(read_lockfile("pnpm-lock.yaml", "a: 1"));
  CHECK_FALSE(read_lockfile("Cargo.lock", "hello"));
  CHECK_FALSE(read_lockfile("go.sum", "hello"));
  CHECK_FALSE(read_lockfile("composer.lock", "{}"));
  CHECK_FALSE(read_lockfile("Makefile", ""));
}

TEST_CASE("hashes: the strongest of several, nothing of a broken one") {
  CHECK(parse_lock_hash("sha1-" + to_base64(std::string(20, 'a')) + " " + k_b64_512)->algorithm == "sha512");
  CHECK_FALSE(parse_lock_hash("sha512-AAAA"));
  CHECK_FALSE(parse_lock_hash("sha256:" + std::string(64, 'B')));
  CHECK_FALSE(parse_lock_hash("10c0/" + std::string(128, 'a')));
  CHECK_FALSE(parse_lock_hash(""));
}

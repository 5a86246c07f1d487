#include <ostream>

#include <doctest/doctest.h>

#include "remote/reference.h"
#include "remote/url.h"

using namespace sluice;
using namespace sluice::remote;

TEST_CASE("references: host, port, repository, tag and digest") {
  const std::string hex(64, 'a');
  const auto whole = parse_reference("registry.example.com:5000/team/app:v1@sha256:" + hex);
  REQUIRE(whole);
  CHECK(whole->host == "registry.example.com:5000");
  CHECK(whole->repository == "team/app");
  CHECK(whole->tag == "v1");
  CHECK(whole->wanted() == "sha256:" + hex);
  CHECK(parse_reference("localhost:5000/app")->wanted() == "latest");
  CHECK(parse_reference("oci://host/app")->host == "host");
  CHECK(parse_reference("[::1]:5000/a/b__c/d-e")->repository == "a/b__c/d-e");
  for (const char* bad : {"", "app", "/app", "host/", "host/App", "host/a//b", "host/a:", "host/a@sha256:12",
                          "host/a@md5:00", "ho st/a", "host:port/a", "host/a:-tag", "host/a_-b", "host/../a",
                          "user@host/a", "host/a?b", "host/a\nb", "[::1/a", "host:123456/a"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_reference(bad));
  }
}

TEST_CASE("a path is not taken for a reference") {
  CHECK(looks_like_reference("registry.example.com/app:v1"));
  CHECK(looks_like_reference("localhost/app@sha256:" + std::string(64, 'a')));
  CHECK(looks_like_reference("host:5000/app:v1"));
  CHECK(looks_like_reference("oci://x/y"));
  for (const char* path : {"out/image", "./image", "../image", "image.tar", "/tmp/image", "a.b/",
                           "out.d/image", "registry.example.com/app", "build.d/Image"})
    CHECK_FALSE(looks_like_reference(path));
}

TEST_CASE("only real loopback names go without TLS") {
  for (const char* host : {"localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:5000"})
    CHECK(is_loopback(host));
  for (const char* host : {"127.example.com", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1",
                           "[::1].example.com", "example.com"})
    CHECK_FALSE(is_loopback(host));
}

TEST_CASE("locations are resolved to whom they go, and hostile ones refused") {
  const Url base = *parse_url("https://registry.example.com/v2/");
  CHECK(resolve_url(base, "/v2/x?a=b")->text() == "https://registry.example.com/v2/x?a=b");
  CHECK(resolve_url(base, "https://CDN.example.com:443/x")->origin() == "https://cdn.example.com");
  CHECK(resolve_url(base, "//evil.example.com/x")->host == "evil.example.com");
  for (const char* bad :
       {"ftp://x/", "file:///etc/passwd", "https://user:pw@registry.example.com/", "https://", "https://a b/",
        "x/y", "https://registry.example.com\\@evil/", "gopher://x"}) {
    CAPTURE(bad);
    const auto url = resolve_url(base, bad);
    CHECK((!url || url->host == "registry.example.com"));
  }
}

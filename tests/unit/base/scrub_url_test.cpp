#include "base/scrub_url.h"

#include <ostream>

#include <doctest/doctest.h>

using sluice::scrub_url;

TEST_CASE("user info, query and fragment go, whatever the form") {
  CHECK(scrub_url("https://u:p@h/x") == "https://h/x");
  CHECK(scrub_url("https://token@h:8443/x.git") == "https://h:8443/x.git");
  CHECK(scrub_url("https://u:p@ss@h/x") == "https://h/x");
  CHECK(scrub_url("https://h/x?access_token=t#f") == "https://h/x");
  CHECK(scrub_url("ssh://git@h:22/x") == "ssh://h:22/x");
  CHECK(scrub_url("git@h:team/app.git") == "h:team/app.git");
  CHECK(scrub_url("user:secret@h:team/app.git") == "h:team/app.git");
  CHECK(scrub_url("//u:p@h/x") == "//h/x");
  CHECK(scrub_url("https://[::1]:80/x") == "https://[::1]:80/x");
  CHECK(scrub_url("https://u:p@[fe80::1]/x") == "https://[fe80::1]/x");
}

TEST_CASE("paths that hold an @ stay") {
  CHECK(scrub_url("/local/p@th/x") == "/local/p@th/x");
  CHECK(scrub_url("https://h/a@b") == "https://h/a@b");
  CHECK(scrub_url("https://h:443/a@b") == "https://h:443/a@b");
  CHECK(scrub_url("h:team/a@b") == "h:team/a@b");
  CHECK(scrub_url("./relative") == "./relative");
  CHECK(scrub_url("file:///srv/git/x") == "file:///srv/git/x");
}

TEST_CASE("odd forms do not let a secret through") {
  for (const char* url : {"https://u:sec/ret@h/x", "https://u:sec?ret@h/x", "https://u:sec#ret@h/x",
                          "ext::ssh -i sec ret@h", "u:sec@ret::x", "https://u:s\nec@h/x",
                          "HTTPS://u:secret@H/x", "https:////u:secret@h/x", "https://a@b:sec@ret@h/x",
                          "fd::secret", "https://u:secret@/x", "//a//u:secret@h:x", "::u:secret@h:/x"}) {
    CAPTURE(url);
    const std::string clean = scrub_url(url);
    CHECK(clean.find("sec") == std::string::npos);
    CHECK(clean.find("ret") == std::string::npos);
    CHECK(scrub_url(clean) == clean);
  }
}

#include <ostream>

#include <doctest/doctest.h>

#include "attest/secret_filter.h"
#include "record/redact.h"

using namespace sluice;
using namespace sluice::record;

TEST_CASE("names that hold secrets, and names that only sound like it") {
  for (const char* name :
       {"PASSWORD", "DB_PASSWORD", "--db-password", "githubToken", "GITHUB_TOKEN", "API_KEY", "apiKey",
        "AWS_SECRET_ACCESS_KEY", "private-key", "PGPASSWORD", "NPM_AUTH_TOKEN", "client_secret", "--token",
        "SSH_KEY", "DOCKER_AUTH_TOKEN", "STORAGE_ACCOUNT_KEY", "_authToken"}) {
    CAPTURE(name);
    CHECK(secret_name(name));
  }
  for (const char* name : {"PATH", "HOME", "KEYBOARD", "PUBLIC_KEY", "--output", "AUTHOR", "MONKEY",
                           "COMPASS", "--passes", "TOKENIZERS", "CACHE_KEY_PREFIX", "SECRETARY"}) {
    CAPTURE(name);
    CHECK_FALSE(secret_name(name));
  }
}

TEST_CASE("arguments: values of secret-named options go, in each of their forms") {
  const Redactor redactor(Environment{});
  const std::vector<std::string> in{
      "curl",        "-u",           "robot:pa55word", "--header", "Authorization: Bearer zzz",
      "--password",  "x y",          "--token=abc",    "-e",       "API_KEY=abc",
      "--build-arg", "NPM_TOKEN=zz", "--output",       "dist",     "https://u:p@h/x?sig=1",
      "NAME=value"};
  const std::vector<std::string> out = redactor.arguments(in);
  REQUIRE(out.size() == in.size());
  CHECK(out[2] == "robot:[redacted]");
  CHECK(out[4] == "Authorization: [redacted]");
  CHECK(out[6] == "[redacted]");
  CHECK(out[7] == "--token=[redacted]");
  CHECK(out[9] == "API_KEY=[redacted]");
  CHECK(out[11] == "NPM_TOKEN=[redacted]");
  CHECK(out[13] == "dist");
  CHECK(out[14] == "https://h/x");
  CHECK(out[15] == "NAME=value");
}

TEST_CASE("the value of a secret-named variable is found wherever it stands") {
  const Redactor redactor(
      Environment{{"DB_PASSWORD", "hunter2hunter2"}, {"TOKEN_FILE", "/run/secrets/x"}, {"PIN_TOKEN", "123"}});
  CHECK(redactor.text("psql -c hunter2hunter2x") == "psql -c [redacted:$DB_PASSWORD]x");
  CHECK(redactor.text("cat /run/secrets/x 123") == "cat /run/secrets/x 123");
}

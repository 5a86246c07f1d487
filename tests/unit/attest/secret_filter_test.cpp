#include <ostream>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "attest/secret_filter.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

std::string run(std::size_t size, char c = 'x') {
  return std::string(size, c);
}

// Spelled in pieces, so that no scanner takes this file for a leak.
std::vector<std::string> planted() {
  const auto hex = [](std::size_t size) {
    std::string out;
    while (out.size() < size) out += "0123456789abcdef";
    return out.substr(0, size);
  };
  return {"ghp_" + run(36),
          "gho_" + run(36),
          "ghu_" + run(36),
          "ghs_" + run(36),
          "ghr_" + run(36),
          "github_pat_" + run(22) + "_" + run(59),
          "glpat-" + run(20),
          "glpat-" + run(27) + ".01." + run(9),
          "gldt-" + run(20),
          "glrt-" + run(20),
          "glcbt-1_" + run(20),
          "glptt-" + run(40),
          "glft-" + run(20),
          "glimt-" + run(25),
          "glagent-" + run(50),
          "glsoat-" + run(20),
          std::string("xox") + "b-" + run(12, '1') + "-" + run(24),
          std::string("xox") + "p-" + run(12, '1'),
          "xapp-1-" + run(20),
          "https://hooks.slack.com/services/T" + run(8, 'A') + "/B" + run(8, 'A') + "/" + run(24),
          "AKIA" + run(16, 'Q'),
          "ASIA" + run(16, 'Q'),
          "AIza" + run(35),
          "ya29." + run(40),
          "GOCSPX-" + run(28),
          std::string("sk_") + "live_" + run(24),
          std::string("rk_") + "live_" + run(24),
          "whsec_" + run(32),
          "sk-ant-api03-" + run(80),
          "sk-proj-" + run(48),
          "sk-" + run(48),
          "npm_" + run(36),
          "pypi-AgEIcHlwaS5vcmc" + run(60),
          "rubygems_" + hex(48),
          "oy2" + run(43),
          "CLOJARS_" + run(60),
          "dckr_pat_" + run(27),
          "dop_v1_" + hex(64),
          "doo_v1_" + hex(64),
          "hvs." + run(90),
          "hvb." + run(90),
          run(14) + ".atlasv1." + run(60),
          "SG." + run(22) + "." + run(43),
          "key-" + hex(32),
          "SK" + hex(32),
          "shpat_" + hex(32),
          "shpss_" + hex(32),
          "sq0atp-" + run(22),
          "sq0csp-" + run(43),
          "PMAK-" + hex(24) + "-" + hex(34),
          "lin_api_" + run(40),
          "figd_" + run(40),
          "ATATT3xFfGF0" + run(60),
          "glc_" + run(60),
          "glsa_" + run(32) + "_" + hex(8),
          "hf_" + run(34),
          "gsk_" + run(52),
          "r8_" + run(37),
          "dapi" + hex(32),
          "sntryu_" + hex(64),
          "NRAK-" + run(27, 'A'),
          "dp.pt." + run(43),
          "pscale_tkn_" + run(43),
          "sbp_" + hex(40),
          "tskey-auth-" + run(30),
          "ntn_" + run(46),
          "pul-" + hex(40),
          "bkua_" + hex(40),
          "AGE-SECRET-KEY-1" + run(58, 'Q'),
          "DefaultEndpointsProtocol=https;AccountKey=" + run(86) + "==",
          "Authorization: Bearer " + run(40),
          "Authorization: Basic " + run(20),
          "secret-token:" + run(20),
          "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0." + run(40),
          "https://user:hunter22@example.com/a.git",
          "ssh://git:pw@host/repo",
          "--password=hunter22",
          "DB_PASSWORD=hunter22",
          "https://host/x?access_token=" + run(12),
          "X-Amz-Signature=" + hex(64),
          "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
          std::string("-----BEGIN OPENSSH ") + "PRIVATE KEY-----\nAAAA",
          std::string("-----BEGIN RSA ") + "PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"};
}

}  // namespace

TEST_CASE("every planted token shape is found, alone and inside a longer text") {
  const auto tokens = planted();
  CHECK(tokens.size() >= 50);
  for (const std::string& token : tokens) {
    CAPTURE(token);
    CHECK(find_secret(token));
    CHECK(find_secret("cloning \"" + token + "\" into /tmp"));
    const auto status = check_no_secrets(json::Object{{"a", json::Array{json::Object{{"b", token}}}}});
    REQUIRE_FALSE(status);
    CHECK(status.error().code == "attest.secret-in-payload");
    CHECK(status.error().message.find("/a/0/b") != std::string::npos);
    CHECK(to_string(status.error()).find(token) == std::string::npos);
    CHECK_FALSE(check_no_secrets(json::Object{{token, 1}}));
  }
}

TEST_CASE("cleaning leaves nothing that looks like a secret") {
  for (const std::string& token : planted()) {
    CAPTURE(token);
    const std::string cleaned = clean_text("before " + token + " after " + token);
    CHECK_FALSE(find_secret(cleaned));
    CHECK(cleaned.find("[redacted:") != std::string::npos);
    CHECK(cleaned.starts_with("before "));
  }
}

TEST_CASE("everyday content of statements is not taken for a secret") {
  const std::string hex(64, 'a');
  for (const std::string& text : std::vector<std::string>{
           "sha256:" + hex,
           hex,
           "git+https://github.com/o/r@refs/heads/main",
           "ssh://git@github.com/o/r",
           "pkg:docker/debian@sha256:" + hex,
           "src/tokens/password_reset.py",
           "task_live_update_of_everything_here",
           "hard-coded password in `connect`",
           "path/to/" + std::string(200, 'p') + "/file.c",
           "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5pIbhW0EgwuWd3E2mUe3Oqj/9mgQZ3jzaNlvVNPX",
           "2026-11-23T20:00:00Z",
           "python.subprocess-shell-true",
           "https://slsa.dev/provenance/v1",
           "token=$TOKEN",
           "--password=***",
           "PASSWORD=${PASSWORD}",
           "password=<hidden>",
           "cache-key-" + hex,
           "a=b",
           "monkey=banana",
           "https://example.com:8080/a@b",
           "user@example.com",
           "basic authorization",
           "key-value pairs",
           "CN=sk, O=hf_",
           "-----BEGIN CERTIFICATE-----"}) {
    CAPTURE(text);
    const auto hit = find_secret(text);
    CHECK_MESSAGE(!hit, (hit ? std::string(hit->kind) : ""));
    CHECK(clean_text(text) == text);
  }
}

TEST_CASE("bytes that are not UTF-8 are replaced, so that the text can stand in JSON") {
  CHECK(clean_text("a\xFF"
                   "b\xC3") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(clean_text("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(clean_text("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

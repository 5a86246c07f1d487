#include "base/bytes.h"

#include <array>
#include <ostream>

#include <doctest/doctest.h>

#include "base/digest.h"

using namespace sluice;

TEST_CASE("hex: round trip, and only lower case of even length is read") {
  const Bytes bytes("\x00\x0f\xf0\xff", 4);
  CHECK(to_hex(bytes) == "000ff0ff");
  CHECK(from_hex("000ff0ff").value() == bytes);
  CHECK(from_hex("").value().empty());
  for (const char* bad : {"0", "0g", "FF", "0x", " 00", "00 ", "é"}) {
    CAPTURE(bad);
    CHECK(from_hex(bad).error().code == "hex.syntax");
  }
}

TEST_CASE("base64: the vectors of RFC 4648 section 10") {
  const std::array<std::pair<const char*, const char*>, 7> vectors{{{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, coded] : vectors) {
    CAPTURE(plain);
    CHECK(to_base64(plain) == coded);
    CHECK(from_base64(coded).value() == plain);
  }
}

TEST_CASE("base64: every byte value comes back") {
  Bytes all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(from_base64(to_base64(all)).value() == all);
}

TEST_CASE("base64: what is not canonical is refused") {
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", " Zm9v",
                          "Zm 9v", "Zm9v====", "Z=9v", "Zg=a", "-_-_", "Zm9\xc3"}) {
    CAPTURE(bad);
    CHECK(from_base64(bad).error().code == "base64.syntax");
  }
  CHECK_FALSE(from_base64(std::string_view("Zm9\0", 4)).has_value());
}

TEST_CASE("base64: each alphabet takes its own characters only") {
  CHECK(from_base64("+/+/").has_value());
  CHECK_FALSE(from_base64("+/+/", Base64::url).has_value());
  CHECK(from_base64("-_-_", Base64::url).value() == from_base64("+/+/").value());
  CHECK(from_base64("-/+_", Base64::either).has_value());
}

TEST_CASE("UTF-8: table 3-7 of Unicode") {
  for (const char* good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(to_hex(good));
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
                          "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xf0\x90\x80", "\xff", "\xfe"}) {
    CAPTURE(to_hex(bad));
    CHECK_FALSE(is_utf8(bad));
    CHECK(utf8_prefix("ab" + std::string(bad)) == 2);
  }
}

TEST_CASE("an excerpt is never cut inside a code point") {
  CHECK(excerpt("abc", 3) == "abc");
  CHECK(excerpt("a\xe2\x82\xac"
                "b",
                2) == "a");
  CHECK(excerpt("a\xe2\x82\xac"
                "b",
                3) == "a");
  CHECK(excerpt("a\xe2\x82\xac"
                "b",
                4) == "a\xe2\x82\xac");
  CHECK(excerpt("\x80\x80\x80", 2).empty());
}

TEST_CASE("digest: FIPS 180 vectors, both text forms") {
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(sha256("abc").hex() == abc);
  CHECK(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc").oci() == "sha256:" + abc);
  CHECK(Digest::parse_oci("sha256:" + abc).value() == sha256("abc"));
  CHECK(Digest::parse_hex(abc).value() == sha256("abc"));
  Sha256 in_parts;
  in_parts.update("a");
  in_parts.update("");
  in_parts.update("bc");
  CHECK(in_parts.finish() == sha256("abc"));
}

TEST_CASE("digest: other algorithms, other lengths and other letters are refused") {
  const std::string hex(64, 'a');
  for (const std::string& bad :
       {"sha512:" + hex, "SHA256:" + hex, hex, "sha256:" + hex + "a", "sha256:" + hex.substr(1),
        "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'), std::string("sha256:"),
        std::string(), "sha256: " + hex.substr(1), std::string("sha256:../../etc/passwd")}) {
    CAPTURE(bad);
    CHECK_FALSE(Digest::parse_oci(bad).has_value());
  }
}

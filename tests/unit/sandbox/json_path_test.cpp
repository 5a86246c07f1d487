// Paths into JSON bodies.
#include "sandbox/json_path.h"

#include <string>

#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;

namespace {

std::string at(const std::string& path) {
  const json::Value document =
      json::parse(
          R"({"status":"ok","n":3,"none":null,"a.b":"dot","items":[{"name":"x"},{"name":"y","on":true}]})",
          "t")
          .value();
  const auto parsed = JsonPath::parse(path);
  REQUIRE_MESSAGE(parsed, path);
  return parsed->read(document).value_or("(nothing)");
}

}  // namespace

TEST_CASE("a JSON path leads through objects and lists") {
  CHECK(at("status") == "ok");
  CHECK(at("$.status") == "ok");
  CHECK(at("n") == "3");
  CHECK(at("none") == "null");
  CHECK(at("items[1].name") == "y");
  CHECK(at("items.1.on") == "true");
  CHECK(at("items[0]") == R"({"name":"x"})");
  CHECK(at("items.#") == "2");
  CHECK(at("a\\.b") == "dot");
}

TEST_CASE("a JSON path that leads nowhere gives nothing") {
  for (const char* path :
       {"missing", "status.x", "items[2]", "items.name", "n[0]", "status.#", "items[18446744073709551616]"})
    if (JsonPath::parse(path)) CHECK_MESSAGE(at(path) == "(nothing)", path);
}

TEST_CASE("what is no JSON path is refused when it is read") {
  for (const char* path : {"", "a..b", "a.", "[x]", "a[", "a[0", "a[0]b", "a[-1]"}) {
    CHECK_MESSAGE(!JsonPath::parse(path), path);
  }
  CHECK(!JsonPath::parse("a" + [] {
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += ".a";
    return deep;
  }()));
}

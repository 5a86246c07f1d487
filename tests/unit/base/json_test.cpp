#include "base/json.h"

#include <array>
#include <cmath>
#include <limits>
#include <ostream>

#include <doctest/doctest.h>

using namespace sluice;
using json::Value;

namespace {

struct Bad {
  std::string what;
  std::string text;
  std::string code;
  std::uint32_t line;
  std::uint32_t column;
};

std::string repeat(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

Value parsed(std::string_view text) {
  auto result = json::parse(text, "t.json");
  if (!result) FAIL(to_string(result.error()));
  return result.value();
}

}  // namespace

TEST_CASE("JSON: bad inputs are refused, each with its code and place") {
  const std::array<Bad, 48> table{{
      {"nothing", "", "json.syntax", 1, 1},
      {"white space only", " \n ", "json.syntax", 2, 2},
      {"a word", "nope", "json.syntax", 1, 1},
      {"half a word", "tru", "json.syntax", 1, 4},
      {"trailing comma", "[1,]", "json.syntax", 1, 4},
      {"trailing comma in an object", "{\"a\":1,}", "json.syntax", 1, 8},
      {"missing colon", "{\"a\" 1}", "json.syntax", 1, 6},
      {"single quotes", "{'a':1}", "json.syntax", 1, 2},
      {"key without quotes", "{a:1}", "json.syntax", 1, 2},
      {"comment", "[1] // x", "json.trailing", 1, 5},
      {"comment inside", "[/**/1]", "json.syntax", 1, 2},
      {"not closed", "{\"a\":[1,2", "json.syntax", 1, 10},
      {"mismatched", "[1}", "json.syntax", 1, 3},
      {"two values", "{} {}", "json.trailing", 1, 4},
      {"text behind, on a later line", "{}\n\nx", "json.trailing", 3, 1},
      {"leading zero", "01", "json.trailing", 1, 2},
      {"leading plus", "+1", "json.syntax", 1, 1},
      {"hexadecimal", "0x10", "json.trailing", 1, 2},
      {"bare point", "1.", "json.syntax", 1, 3},
      {"no digit before the point", ".5", "json.syntax", 1, 1},
      {"bare exponent", "1e", "json.syntax", 1, 3},
      {"NaN", "NaN", "json.syntax", 1, 1},
      {"Infinity", "-Infinity", "json.syntax", 1, 2},
      {"1e400 would be infinity", "[0, 1e400]", "json.number-range", 1, 10},
      {"-1e400", "-1e400", "json.number-range", 1, 7},
      {"1e-400 would be zero", "1e-400", "json.number-range", 1, 7},
      {"an exponent over int", "1e99999999999", "json.number-range", 1, 12},
      {"uint64 max plus 1", "18446744073709551616", "json.number-range", 1, 21},
      {"int64 min less 1", "-9223372036854775809", "json.number-range", 1, 21},
      {"a huge integer", repeat("9", 400), "json.number-range", 1, 401},
      {"duplicate key", "{\"a\":1,\"b\":2,\"a\":3}", "json.duplicate-key", 1, 14},
      {"duplicate key on a later line", "{\"a\":1,\n  \"a\":3}", "json.duplicate-key", 2, 3},
      {"duplicate key, the second escaped", "{\"a\":1,\"\\u0061\":3}", "json.duplicate-key", 1, 8},
      {"duplicate key, the first escaped", "{\"\\u0061\":1,\"a\":3}", "json.duplicate-key", 1, 13},
      {"duplicate key with escaped quotes", R"({"\"\\":1,"\u0022\\":3})", "json.duplicate-key", 1, 11},
      {"duplicate empty key", "{\"\":1,\"\":3}", "json.duplicate-key", 1, 7},
      {"duplicate key deep inside", "[{\"x\":{\"a\":1,\"a\":1}}]", "json.duplicate-key", 1, 14},
      {"bad UTF-8", "[\"\xff\"]", "json.utf8", 1, 3},
      {"overlong UTF-8", "[\"a\xc0\x80\"]", "json.utf8", 1, 4},
      {"a surrogate in UTF-8", "[\"\xed\xa0\x80\"]", "json.utf8", 1, 3},
      {"lone leading surrogate", "[\"\\ud800\"]", "json.utf8", 1, 9},
      {"lone trailing surrogate", "[\"\\udc00\"]", "json.utf8", 1, 9},
      {"leading surrogate twice", "[\"\\ud800\\ud800\"]", "json.utf8", 1, 11},
      {"control character in a string", "[\"a\nb\"]", "json.syntax", 1, 4},
      {"unknown escape", "[\"\\x41\"]", "json.syntax", 1, 4},
      {"NUL", std::string("[1,\0]", 5), "json.syntax", 1, 4},
      {"byte order mark", "\xef\xbb\xbf{}", "json.bom", 1, 1},
      {"too deep", repeat("[", 65) + repeat("]", 65), "json.depth", 1, 65},
  }};
  for (const Bad& bad : table) {
    CAPTURE(bad.what);
    const auto result = json::parse(bad.text, "t.json");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == bad.code);
    REQUIRE(result.error().where.has_value());
    CHECK(result.error().where->path == "t.json");
    CHECK(result.error().where->line == bad.line);
    CHECK(result.error().where->column == bad.column);
  }
}

TEST_CASE("JSON: 200 000 open brackets are an error and no crash") {
  CHECK(json::parse(repeat("[", 200'000), "t").error().code == "json.depth");
  CHECK(json::parse(repeat("{\"a\":", 200'000), "t").error().code == "json.depth");
}

TEST_CASE("JSON: the limits") {
  json::Limits limits;
  limits.bytes = 4;
  CHECK(json::parse("[12]", "t", limits).has_value());
  CHECK(json::parse("[123]", "t", limits).error().code == "json.size");
  limits = {};
  limits.depth = 2;
  CHECK(json::parse("[[1]]", "t", limits).has_value());
  CHECK(json::parse("[{\"a\":[]}]", "t", limits).error().code == "json.depth");
  limits = {};
  limits.values = 3;
  CHECK(json::parse("[1,2]", "t", limits).has_value());
  CHECK(json::parse("[1,2,3]", "t", limits).error().code == "json.size");
}

TEST_CASE(
    "JSON: a duplicate among very many keys is found, and many keys take "
    "no quadratic time") {
  std::string text = "{";
  for (int i = 0; i < 40'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  CHECK(parsed(text + "\"end\":1}").as_object()->size() == 40'001);
  CHECK(json::parse(text + "\"777\":1}", "t").error().code == "json.duplicate-key");
  CHECK(json::parse(text + "\"77\\u0037\":1}", "t").error().code == "json.duplicate-key");
}

TEST_CASE("JSON: good values are read as what they are") {
  CHECK(parsed(" null\r\n\t").is_null());
  CHECK(*parsed("true").as_bool());
  CHECK(*parsed("-9223372036854775808").as_int() == std::numeric_limits<std::int64_t>::min());
  CHECK(*parsed("9223372036854775807").as_int() == std::numeric_limits<std::int64_t>::max());
  CHECK(*parsed("9223372036854775808").as_uint() == 9223372036854775808ULL);
  CHECK(*parsed("18446744073709551615").as_uint() == std::numeric_limits<std::uint64_t>::max());
  CHECK(*parsed("1.5").as_double() == 1.5);
  CHECK(*parsed("1e2").as_double() == 100.0);
  CHECK(*parsed("1.7976931348623157e308").as_double() == std::numeric_limits<double>::max());
  CHECK(*parsed("5e-324").as_double() == std::numeric_limits<double>::denorm_min());
  CHECK(*parsed(R"("\ud83d\ude00\n\u00e9\/")").as_string() == "\xf0\x9f\x98\x80\n\xc3\xa9/");
  CHECK(*parsed(R"("a\u0000b")").as_string() == std::string("a\0b", 3));
  CHECK(parsed("[]").as_array()->empty());
  CHECK(parsed("{}").as_object()->empty());
}

TEST_CASE("JSON: the nearest double is read, also where rounding is hard") {
  CHECK(*parsed("9007199254740993.0").as_double() == 9007199254740992.0);
  CHECK(*parsed("0.1").as_double() == 0.1);
  CHECK(*parsed("2.2250738585072012e-308").as_double() == 2.2250738585072012e-308);
  CHECK(*parsed("123456789012345678901234567890.0e-10").as_double() == 12345678901234567890.123456789);
}

TEST_CASE("JSON: keys that differ behind a NUL are two keys") {
  const Value value = parsed(R"({"a\u0000b":1,"a\u0000c":2,"a":3})");
  CHECK(value.as_object()->size() == 3);
  CHECK(*value.find(std::string_view("a\0c", 3))->as_int() == 2);
}

TEST_CASE("JSON: members keep their order; absent ones are null or empty") {
  const Value value = parsed(R"({"z":"one","a":{"b":[1,"x"]}})");
  REQUIRE(value.as_object() != nullptr);
  CHECK(value.as_object()->members().front().key == "z");
  CHECK(value.string_at("z") == "one");
  CHECK(value.string_at("a").empty());
  CHECK(value.find("nope") == nullptr);
  CHECK(value.find("z")->find("y") == nullptr);
  CHECK(*value.find("a")->find("b") == Value(json::Array{1, "x"}));
}

TEST_CASE("JSON writer: compact and pretty") {
  const Value value(
      json::Object{{"a", json::Array{1, true, nullptr, "x"}}, {"e", json::Object{}}, {"f", json::Array{}}});
  CHECK(json::write(value) == R"({"a":[1,true,null,"x"],"e":{},"f":[]})");
  CHECK(json::write_pretty(value) ==
        "{\n  \"a\": [\n    1,\n    true,\n    null,\n    \"x\"\n  ],\n  "
        "\"e\": {},\n  \"f\": []\n}\n");
}

TEST_CASE("JSON writer: control characters are escaped, other text stays as it is") {
  CHECK(json::quote(std::string_view("a\"\\/\b\f\n\r\t\0\x1f\x7f\xc3\xa9", 14)) ==
        "\"a\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0000\\u001f\\u007f\xc3\xa9\"");
}

TEST_CASE("JSON writer: numbers come back as they were, and as the kind they were") {
  for (const double number :
       {0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 5e-324, 1.7976931348623157e308, 123456789.125, 1e21}) {
    CAPTURE(number);
    const Value back = parsed(json::write(Value(number)));
    REQUIRE(back.as_double() != nullptr);
    CHECK(*back.as_double() == number);
    CHECK(std::signbit(*back.as_double()) == std::signbit(number));
  }
  for (const Value& number : {Value(0), Value(-1), Value(std::numeric_limits<std::int64_t>::min()),
                              Value(std::numeric_limits<std::uint64_t>::max())}) {
    CHECK(parsed(json::write(number)) == number);
  }
}

TEST_CASE("JSON values: unsigned integers that fit are signed ones") {
  CHECK(Value(7UL).as_int() != nullptr);
  CHECK(Value(7ULL) == Value(7));
  CHECK(Value(std::numeric_limits<std::uint64_t>::max()).as_uint() != nullptr);
}

TEST_CASE("JSON objects: set replaces in place") {
  json::Object object{{"a", 1}, {"b", 2}, {"a", 3}};
  CHECK(json::write(Value(object)) == R"({"a":3,"b":2})");
  object.set("b", "x");
  object.set("c", nullptr);
  CHECK(json::write(Value(object)) == R"({"a":3,"b":"x","c":null})");
}

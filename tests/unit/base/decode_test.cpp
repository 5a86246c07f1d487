#include "base/decode.h"

#include <array>
#include <ostream>

#include <doctest/doctest.h>

using namespace sluice;
using namespace std::chrono_literals;
using decode::Document;
using decode::Mapping;

namespace {

// A text with its tree; `m()` reads its mapping.
struct Input {
  explicit Input(std::string t)
      : text(std::move(t)), root(yaml::parse_one(text, "t.yaml").value()), document(text, "t.yaml") {}
  Mapping m() const { return {document, root, "stage"}; }
  std::string text;
  yaml::Node root;
  Document document;
};

Result<std::chrono::milliseconds> duration(const std::string& text) {
  const Input in("d: " + text);
  return decode::as_duration(in.document, *in.root.find("d"), "d");
}

Result<std::uint64_t> size(const std::string& text) {
  const Input in("s: " + text);
  return decode::as_size(in.document, *in.root.find("s"), "s");
}

}  // namespace

TEST_CASE("an unknown key is an error with its place and the nearest known key") {
  const Input in("name: x\nstagse: y\n");
  Mapping m = in.m();
  CHECK(m.required_string("name").value() == "x");
  CHECK(m.get("stages") == nullptr);
  const Status status = m.finish();
  REQUIRE_FALSE(status.has_value());
  CHECK(to_string(status.error()) ==
        "error: unknown key \"stagse\" in stage [config.unknown-key]\n"
        "  --> t.yaml:2:1\n"
        "   |\n"
        " 2 | stagse: y\n"
        "   | ^\n"
        "  hint: the nearest known key is \"stages\"");
}

TEST_CASE("an unknown key that is near to none gets the list of known ones") {
  const Input in("zzz: y\n");
  Mapping m = in.m();
  CHECK_FALSE(m.has("name"));
  static_cast<void>(m.get("name"));
  static_cast<void>(m.get("image"));
  CHECK(m.finish().error().hint == "known keys: name, image");
}

TEST_CASE("a missing key is named, and so is the likely slip") {
  const Input in("nmae: x\n");
  Mapping m = in.m();
  const auto name = m.required_string("name");
  CHECK(name.error().code == "config.missing-key");
  CHECK(name.error().message == "stage needs the key \"name\"");
  CHECK(name.error().hint == "is \"nmae\" a slip of it?");
  CHECK(in.m().required("other").error().hint.empty());
}

TEST_CASE("a null member counts as absent") {
  const Input in("name:\nlist: ~\n");
  Mapping m = in.m();
  CHECK_FALSE(m.has("name"));
  CHECK(m.required("name").error().code == "config.missing-key");
  CHECK(m.optional_string("name").value() == std::nullopt);
  CHECK(m.optional_strings("list").value().empty());
  CHECK(m.finish().has_value());
}

TEST_CASE("a node that is no mapping fails at finish, and at a required key") {
  for (const char* text : {"- a\n", "x\n", ""}) {
    CAPTURE(text);
    const Input in(text);
    CHECK(in.m().finish().error().code == "config.type");
    CHECK(in.m().required("a").error().code == "config.type");
  }
}

TEST_CASE("a wrong type says what was expected and what was found") {
  const Input in("s: 12\nb: yes\ni: 1.5\nl: x\nm: [a, 1]\n");
  Mapping m = in.m();
  const Error s = m.required_string("s").error();
  CHECK(s.code == "config.type");
  CHECK(s.message == "s must be a text, found the number \"12\"");
  CHECK(s.hint == "write it in quotes: \"12\"");
  CHECK(s.where->line == 1);
  CHECK(s.where->column == 4);
  CHECK(m.optional_bool("b", true).error().message == "b must be true or false, found the text \"yes\"");
  CHECK(m.optional_int("i", 0).error().message == "i must be a whole number, found the number \"1.5\"");
  CHECK(m.optional_strings("l").error().message == "l must be a list of texts, found the text \"x\"");
  CHECK(m.optional_strings("m").error().message == "each item of m must be a text, found the number \"1\"");
  CHECK(m.required_string("m").error().message == "m must be a text, found a list");
}

TEST_CASE("values of the right type") {
  const Input in("s: 'yes'\nb: True\ni: 0x10\nl: [a, 'b']\nd: 5m\nc: 3.8\n");
  Mapping m = in.m();
  CHECK(m.optional_string("s").value() == "yes");
  CHECK(m.optional_bool("b", false).value());
  CHECK(m.optional_bool("nope", true).value());
  CHECK(m.optional_int("i", 0).value() == 16);
  CHECK(m.optional_int("none", 7).value() == 7);
  CHECK(m.optional_strings("l").value() == std::vector<std::string>{"a", "b"});
  CHECK(m.optional_duration("d", 1s).value() == 5min);
  CHECK(m.optional_duration("e", 1s).value() == 1s);
  CHECK(m.optional_choice("c", {"3.7", "3.8"}, 0).value() == 1);
  CHECK(m.optional_choice("none", {"a", "b"}, 1).value() == 1);
  CHECK(m.finish().has_value());
}

TEST_CASE("numbers out of range say the range") {
  const Input in("a: 11\nb: 99999999999999999999\nc: 18446744073709551615\n");
  Mapping m = in.m();
  CHECK(m.optional_int("a", 0, 1, 10).error().message == "a must be from 1 to 10, found 11");
  CHECK(m.optional_int("b", 0).error().code == "config.range");
  CHECK(m.optional_int("c", 0).error().code == "config.range");
}

TEST_CASE("a wrong choice names the nearest one") {
  const Input in("a: hgih\nb: [x]\n");
  Mapping m = in.m();
  const Error error = m.optional_choice("a", {"low", "medium", "high"}, 0).error();
  CHECK(error.code == "config.choice");
  CHECK(error.message == "a must be one of low, medium, high, found the text \"hgih\"");
  CHECK(error.hint == "the nearest choice is \"high\"");
  CHECK(m.optional_choice("b", {"x"}, 0).error().code == "config.choice");
}

TEST_CASE("durations need a unit") {
  const std::array<std::pair<const char*, std::chrono::milliseconds>, 8> good{{{"250ms", 250ms},
                                                                               {"30s", 30s},
                                                                               {"5m", 5min},
                                                                               {"72h", 72h},
                                                                               {"90d", 90 * 24h},
                                                                               {"2w", 336h},
                                                                               {"0s", 0s},
                                                                               {"'1s'", 1s}}};
  for (const auto& [text, value] : good) {
    CAPTURE(text);
    CHECK(duration(text).value() == value);
  }
  for (const char* bad : {"30", "s", "-5s", "5 s", "5S", "1.5h", "5sec", "''", "[5s]", "~", "1h30m", "+5s"}) {
    CAPTURE(bad);
    CHECK(duration(bad).error().code == "config.type");
  }
  CHECK(duration("99999999999999999999999s").error().code == "config.range");
  CHECK(duration("9223372036854775807d").error().code == "config.range");
  CHECK(duration("9223372036854775807ms").has_value());
}

TEST_CASE("sizes: binary and decimal units, or bytes") {
  const std::array<std::pair<const char*, std::uint64_t>, 7> good{{{"4096", 4096},
                                                                   {"512KiB", 512U << 10U},
                                                                   {"64MiB", 64U << 20U},
                                                                   {"1GiB", 1U << 30U},
                                                                   {"10MB", 10'000'000},
                                                                   {"3KB", 3000},
                                                                   {"7B", 7}}};
  for (const auto& [text, value] : good) {
    CAPTURE(text);
    CHECK(size(text).value() == value);
  }
  for (const char* bad : {"64mib", "64M", "1.5GiB", "-1", "MiB", "0x10", "1 GiB"}) {
    CAPTURE(bad);
    CHECK(size(bad).error().code == "config.type");
  }
  CHECK(size("99999999999GiB").error().code == "config.range");
}

TEST_CASE("nearest: slips are found, strangers are not") {
  const std::vector<std::string> keys{"stages", "image", "severity", "id"};
  CHECK(decode::nearest("stage", keys) == "stages");
  CHECK(decode::nearest("imgae", keys) == "image");
  CHECK(decode::nearest("sevrity", keys) == "severity");
  CHECK(decode::nearest("di", keys) == "id");
  CHECK(decode::nearest("xy", keys).empty());
  CHECK(decode::nearest("completely", keys).empty());
  CHECK(decode::nearest("", keys).empty());
  CHECK(decode::nearest(std::string(100'000, 's'), keys).empty());
}

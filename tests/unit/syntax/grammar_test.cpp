#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <ostream>

#include <doctest/doctest.h>

#include "random_dockerfile.h"
#include "syntax/dockerfile/document.h"
#include "syntax/tree.h"

namespace sluice::syntax::dockerfile {
namespace {

Tree parse(std::string_view text) {
  Parser parser;
  auto tree = parser.parse(*find_language("dockerfile"), text);
  REQUIRE(tree.has_value());
  return std::move(*tree);
}

// Where the instructions begin, by the tree.
std::vector<std::uint32_t> instructions(const Tree& tree) {
  static constexpr std::string_view k_suffix = "_instruction";
  std::vector<std::uint32_t> out;
  for (const NodeId child : tree.children(0)) {
    const std::string_view kind = tree.kind_name(child);
    if (kind.size() > k_suffix.size() && kind.substr(kind.size() - k_suffix.size()) == k_suffix) {
      out.push_back(tree.span(child).begin);
    }
  }
  return out;
}

std::string shape(std::string_view text) {
  return print(parse(text));
}

TEST_CASE("FROM with a platform, a port, a tag, a digest and an alias") {
  CHECK(shape("FROM --platform=$P host:5000/a/b:1@sha256:c AS d\n") ==
        "source_file [0-49)\n"
        "  from_instruction [0-48)\n"
        "    keyword: keyword [0-4) \"FROM\"\n"
        "    flag [5-18)\n"
        "      \"--\" [5-7)\n"
        "      name: flag_name [7-15) \"platform\"\n"
        "      \"=\" [15-16)\n"
        "      value: value [16-18)\n"
        "        variable [16-18)\n"
        "          \"$\" [16-17)\n"
        "          name: variable_name [17-18) \"P\"\n"
        "    image: image [19-43)\n"
        "      name: image_name [19-32) \"host:5000/a/b\"\n"
        "      \":\" [32-33)\n"
        "      tag: image_tag [33-34) \"1\"\n"
        "      \"@\" [34-35)\n"
        "      digest: image_digest [35-43) \"sha256:c\"\n"
        "    as [44-46) \"AS\"\n"
        "    alias: stage_name [47-48) \"d\"\n");
}

TEST_CASE("RUN with a mount, a continuation, a comment and a heredoc") {
  CHECK(shape("RUN --mount=type=bind,rw a \\\n # c\n  <<-E\n\tx\n\tE\n") ==
        "source_file [0-47)\n"
        "  run_instruction [0-46)\n"
        "    keyword: keyword [0-3) \"RUN\"\n"
        "    flag [4-24)\n"
        "      \"--\" [4-6)\n"
        "      name: flag_name [6-11) \"mount\"\n"
        "      \"=\" [11-12)\n"
        "      option [12-21)\n"
        "        name: option_name [12-16) \"type\"\n"
        "        \"=\" [16-17)\n"
        "        value: value [17-21) \"bind\"\n"
        "      \",\" [21-22)\n"
        "      option [22-24)\n"
        "        name: option_name [22-24) \"rw\"\n"
        "    shell_command [25-40)\n"
        "      line_continuation [27-29) \"\\\\\\n\"\n"
        "      comment [30-33) \"# c\"\n"
        "      heredoc_marker [36-40) \"<<-E\"\n"
        "    heredoc [41-46)\n"
        "      heredoc_body [41-44) \"\\tx\\n\"\n"
        "      heredoc_end [44-46) \"\\tE\"\n");
}

TEST_CASE("JSON form, and text that only looks like it") {
  CHECK(shape("CMD [\"a\", \"b\\n\"]\n").find("json_array") != std::string::npos);
  CHECK(shape("CMD [\"a\", b]\n").find("shell_command [4-12) \"[\\\"a\\\", b]\"") != std::string::npos);
  CHECK(shape("CMD [\"a\" \\\n, \"b\"]\n").find("json_array") != std::string::npos);
}

TEST_CASE("pairs in both forms have a key and a value") {
  CHECK(shape("ENV A=\"$b c\" D=e\n").find("key: key [13-14) \"D\"") != std::string::npos);
  CHECK(shape("ENV A b c\n").find("value: value [6-9) \"b c\"") != std::string::npos);
  CHECK(shape("ARG A\n").find("pair [4-5)") != std::string::npos);
}

TEST_CASE("the escape directive changes what continues a line") {
  CHECK(instructions(parse("# escape=`\nRUN a `\nUSER b\nUSER c\n")) == std::vector<std::uint32_t>{11, 26});
  CHECK(instructions(parse("RUN a `\nUSER b\n")) == std::vector<std::uint32_t>{0, 8});
}

TEST_CASE("no text gives an error node") {
  Parser parser;
  for (std::uint64_t number = 0; number < 3'000; ++number) {
    const std::string text = random_dockerfile(number);
    const auto tree = parser.parse(*find_language("dockerfile"), text);
    CAPTURE(number);
    REQUIRE(tree.has_value());
    REQUIRE_FALSE(tree->has_error());
  }
}

TEST_CASE("tree and document see the same instructions") {
  Parser parser;
  for (std::uint64_t number = 10'000; number < 13'000; ++number) {
    const std::string text = random_dockerfile(number);
    // Quotes that are open where the flags end reach into what the builder searches for heredocs; the scanner
    // starts behind the flags.
    if (text.find("--") != std::string::npos && text.find("<<") != std::string::npos) continue;
    const auto tree = parser.parse(*find_language("dockerfile"), text);
    const Document document = parse_document(text);
    CAPTURE(number);
    REQUIRE(tree.has_value());
    std::vector<std::uint32_t> expected;
    std::vector<std::uint32_t> found = instructions(*tree);
    for (std::size_t i = 0; i < document.instructions.size(); ++i) {
      // A lone escape character at the end of the file is an empty instruction; the tree puts it after it.
      if (document.instructions[i].keyword_text.empty() && i < found.size()) {
        found[i] = document.instructions[i].span.begin;
      }
      expected.push_back(document.instructions[i].span.begin);
    }
    REQUIRE(found == expected);
  }
}

TEST_CASE("more heredocs than the scanner can hold are degraded, not corrupted") {
  std::string text = "RUN cat";
  for (int i = 0; i < 10'000; ++i) text += " <<E" + std::to_string(i);
  text += "\n";
  for (int i = 0; i < 10'000; ++i) text += "E" + std::to_string(i) + "\n";
  const Tree tree = parse(text);
  CHECK_FALSE(tree.has_error());
  CHECK(parse_document(text).instructions.size() == 1);
}

TEST_CASE("the generated parser is that of grammar.js") {
  CHECK(std::system(SLUICE_SOURCE_DIR "/plugins/grammars/dockerfile/check-stale.sh > /dev/null") == 0);
}

}  // namespace
}  // namespace sluice::syntax::dockerfile

#include <string>
#include <string_view>
#include <vector>

#include <ostream>

#include <doctest/doctest.h>

#include "syntax/dockerfile/shell_ranges.h"
#include "syntax/tree.h"

namespace sluice::syntax::dockerfile {
namespace {

struct Shell {
  Document document;
  std::vector<ShellText> texts;
};

Shell shell(std::string_view source) {
  Shell out{parse_document(source), {}};
  REQUIRE(!out.document.instructions.empty());
  const Instruction& instruction = out.document.instructions[0];
  out.texts = shell_texts(instruction.child ? *instruction.child : instruction, source);
  return out;
}

std::string text_of(std::string_view source) {
  const Shell out = shell(source);
  REQUIRE(out.texts.size() == 1);
  return joined(out.texts[0].ranges, source);
}

TEST_CASE("a command without escapes, newlines, comments and blank lines") {
  CHECK(text_of("RUN --network=none a \\\n# c\n\n  && b\n") == "a   && b");
  CHECK(text_of("CMD exec x\n") == "exec x");
  CHECK(text_of("HEALTHCHECK --retries=1 CMD curl \\\r\n  -f x\r\n") == "curl   -f x");
  CHECK(text_of("ONBUILD RUN make\n") == "make");
}

TEST_CASE("JSON form and other instructions have none") {
  CHECK(shell("RUN [\"a\"]\n").texts.empty());
  CHECK(shell("USER a\n").texts.empty());
  CHECK(shell("RUN\n").texts.empty());
  CHECK(shell("HEALTHCHECK NONE\n").texts.empty());
}

TEST_CASE("RUN <<EOF runs the body as the script") {
  const std::string source = "RUN <<-EOF\n\tset -e\n\t\tmake\n\tEOF\n";
  const Shell out = shell(source);
  REQUIRE(out.texts.size() == 1);
  CHECK(out.texts[0].kind == ShellText::Kind::script);
  CHECK(joined(out.texts[0].ranges, source) == "set -e\nmake\n");
  CHECK(out.texts[0].heredoc == &out.document.instructions[0].heredocs[0]);
  CHECK(out.texts[0].shebang.empty());
}

TEST_CASE("a script may bring its interpreter") {
  const std::string source = "RUN <<EOF\n#!/usr/bin/env python3 \nprint(1)\nEOF\n";
  const Shell out = shell(source);
  CHECK(out.texts[0].shebang == "/usr/bin/env python3");
}

TEST_CASE("a command with heredocs is handed to the shell with their bodies and terminators") {
  CHECK(text_of("RUN cat <<A <<B \\\n  > /x\none\nA\ntwo\nB\nUSER x\n") ==
        "cat <<A <<B   > /x\none\nA\ntwo\nB");
  CHECK(text_of("RUN cat <<A\nunterminated") == "cat <<A\nunterminated");
}

TEST_CASE("the shell's tree over the ranges keeps the offsets of the Dockerfile") {
  const std::string source = "FROM a\nRUN apt-get update \\\n  # why\n  && cat <<EOF > /x\ntext\nEOF\n";
  const Document document = parse_document(source);
  const auto texts = shell_texts(document.instructions[1], source);
  Parser parser;
  const auto tree = parser.parse(*find_language("bash"), source, texts[0].ranges);
  REQUIRE(tree.has_value());
  CHECK_FALSE(tree->has_error());
  std::vector<std::string> commands;
  for (NodeId id = 0; id < tree->size(); ++id) {
    if (tree->kind_name(id) == "command_name") commands.emplace_back(tree->text(id));
  }
  CHECK(commands == std::vector<std::string>{"apt-get", "cat"});
}

}  // namespace
}  // namespace sluice::syntax::dockerfile

#include <string>
#include <string_view>
#include <vector>

#include <ostream>

#include <doctest/doctest.h>

#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {
namespace {

std::vector<std::string> texts(const std::vector<Word>& words) {
  std::vector<std::string> out;
  for (const Word& word : words) out.push_back(word.text);
  return out;
}

std::vector<std::string> problems(const Document& document) {
  std::vector<std::string> out;
  for (const Problem& problem : document.problems) out.emplace_back(to_string(problem.kind));
  return out;
}

using Texts = std::vector<std::string>;

// The first instruction of a text.
Instruction first(std::string_view text) {
  Document document = parse_document(text);
  REQUIRE(!document.instructions.empty());
  return std::move(document.instructions[0]);
}

TEST_CASE("keyword as written, name in capitals, spans") {
  const std::string text = "  from alpine:3.20 AS base\nRUN make\n";
  const Document document = parse_document(text);
  REQUIRE(document.instructions.size() == 2);
  const Instruction& from = document.instructions[0];
  CHECK(from.keyword == Keyword::from);
  CHECK(from.keyword_text == "from");
  CHECK(from.name == "FROM");
  CHECK(from.keyword_span.of(text) == "from");
  CHECK(from.span.of(text) == "from alpine:3.20 AS base");
  CHECK(texts(from.words) == Texts{"alpine:3.20", "AS", "base"});
  CHECK(from.words[2].span.of(text) == "base");
  CHECK(document.instructions[1].span.of(text) == "RUN make");
  CHECK(document.problems.empty());
}

TEST_CASE("a byte order mark and CRLF change nothing but offsets") {
  const std::string text = "\xEF\xBB\xBF# escape=`\r\nFROM a\r\nRUN b `\r\n c\r\n";
  const Document document = parse_document(text);
  CHECK(document.escape == '`');
  REQUIRE(document.instructions.size() == 2);
  CHECK(document.instructions[0].span == Span{15, 21});
  CHECK(document.instructions[1].arguments_text() == "b  c");
  CHECK(document.problems.empty());
}

TEST_CASE("directives count at the top, in any order, each once, case-insensitive") {
  const std::string text = "# Syntax = docker/dockerfile:1 \n#escape=`\n# check=skip=all\nFROM a\n";
  const Document document = parse_document(text);
  REQUIRE(document.directives.size() == 3);
  CHECK(document.directives[0].name == "syntax");
  CHECK(document.directives[0].value == "docker/dockerfile:1");
  CHECK(document.directives[0].value_span.of(text) == "docker/dockerfile:1");
  CHECK(document.directives[0].span.of(text) == "# Syntax = docker/dockerfile:1");
  CHECK(document.directive("check")->value == "skip=all");
  CHECK(document.escape == '`');
  CHECK(document.comments.empty());
}

TEST_CASE("a comment, a blank line or an instruction ends the directives") {
  for (const char* before : {"# hello\n", "\n", "ARG a\n", "# unknown=1\n"}) {
    CAPTURE(before);
    const Document document = parse_document(std::string(before) + "# escape=`\nFROM a\n");
    CHECK(document.escape == '\\');
    CHECK(document.directives.empty());
  }
  CHECK(problems(parse_document("# hi\n# escape=`\nFROM a\n")) == Texts{"late-directive"});
}

TEST_CASE("a second directive of a name, a wrong escape and a misspelt name are problems") {
  CHECK(problems(parse_document("# escape=`\n# escape=\\\nFROM a\n")) == Texts{"duplicate-directive"});
  CHECK(problems(parse_document("# escape=x\nFROM a\n")) == Texts{"invalid-escape"});
  CHECK(problems(parse_document("# sintax=x\nFROM a\n")) == Texts{"unknown-directive"});
  CHECK(problems(parse_document("# hadolint global ignore=DL3008\nFROM a\n")).empty());
}

TEST_CASE("below a shebang the syntax directive counts, the escape directive does not") {
  const Document document = parse_document("#!/usr/bin/env build\n# syntax=x\n# escape=`\nFROM a\n");
  CHECK(document.directive("syntax") != nullptr);
  CHECK(document.escape == '\\');
}

TEST_CASE("joined lines keep the blanks on their left and map every byte back") {
  const std::string text = "RUN echo a \\\n  # comment\n\n   b\\  \n\tc\n";
  const Document document = parse_document(text);
  const Instruction& run = document.instructions[0];
  CHECK(run.arguments_text() == "echo a    b\tc");
  for (std::uint32_t i = run.arguments.begin; i < run.arguments.end; ++i) {
    CHECK(run.line.text[i] == text[run.line.source_offset(i)]);
    CHECK(run.line.logical_offset(run.line.source_offset(i)) == i);
  }
  const std::vector<Span> spans = run.line.spans(run.arguments);
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].of(text) == "echo a ");
  CHECK(spans[1].of(text) == "   b");
  CHECK(spans[2].of(text) == "\tc");
  CHECK(run.arguments_span().of(text) == "echo a \\\n  # comment\n\n   b\\  \n\tc");
  REQUIRE(document.comments.size() == 1);
  CHECK(document.comments[0].inside);
  CHECK(document.comments[0].text == "comment");
  CHECK(document.comments[0].span.of(text) == "# comment");
  CHECK(problems(document) == Texts{"empty-continuation"});
}

TEST_CASE("a doubled escape character does not continue the line") {
  const Document document = parse_document("ENV A b\\\\\nENV B c\n");
  REQUIRE(document.instructions.size() == 2);
  CHECK(document.instructions[0].pairs[0].value == "b\\\\");
}

TEST_CASE("an escape character on a line of its own continues") {
  CHECK(first("ENV A hello\\\n\\\nworld\n").pairs[0].value == "helloworld");
}

TEST_CASE("the file may end in a continued instruction") {
  const Document document = parse_document("FROM a\nRUN b \\");
  CHECK(document.instructions[1].arguments_text() == "b");
  CHECK(problems(document) == Texts{"trailing-continuation"});
  CHECK(document.instructions[1].span == Span{7, 14});
}

TEST_CASE("flags with and without values, quoted ones, and the end of flags") {
  const std::string text = "COPY --from=build --link --chown=\"a b\" -- --x /y\n";
  const Instruction copy = first(text);
  REQUIRE(copy.flags.size() == 3);
  CHECK(copy.flag("from")->value == "build");
  CHECK(copy.flag("from")->span.of(text) == "--from=build");
  CHECK(copy.flag("from")->name_span.of(text) == "from");
  CHECK(copy.flag("from")->value_span.of(text) == "build");
  CHECK_FALSE(copy.flag("link")->value.has_value());
  CHECK(copy.flag("link")->value_span.empty());
  CHECK(copy.flag("chown")->value == "a b");
  CHECK(copy.flag("chown")->value_span.of(text) == "\"a b\"");
  CHECK(copy.flag("user") == nullptr);
  CHECK(texts(copy.words) == Texts{"--x", "/y"});
}

TEST_CASE("the options of a mount have spans of their own") {
  const std::string text = "RUN --mount=type=secret,id=x,Required \\\n  --network=none make\n";
  const Instruction run = first(text);
  const Flag& mount = *run.flag("mount");
  REQUIRE(mount.options.size() == 3);
  CHECK(mount.options[0].name == "type");
  CHECK(mount.options[0].value == "secret");
  CHECK(mount.options[1].value_span.of(text) == "x");
  CHECK(mount.options[2].name == "required");
  CHECK_FALSE(mount.options[2].value.has_value());
  CHECK(mount.options[2].span.of(text) == "Required");
  CHECK(run.flag("network")->value == "none");
  CHECK(run.arguments_text() == "make");
}

TEST_CASE("unknown, doubled and empty flags are problems, and reading goes on") {
  const Document document =
      parse_document("COPY --frm=x --from=a --from=b --link=maybe --chmod a b\nRUN --mount=a --mount=b c\n");
  CHECK(problems(document) ==
        Texts{"unknown-flag", "duplicate-flag", "bad-flag-value", "flag-without-value"});
  CHECK_FALSE(document.instructions[0].flags[0].known);
  CHECK(document.instructions[0].flags[1].known);
  CHECK(texts(document.instructions[0].words) == Texts{"a", "b"});
}

TEST_CASE("JSON form gives decoded items with the spans of the strings") {
  const std::string text = "CMD [ \"a\\u0041\", \\\n  \"b c\" ]\n";
  const Instruction cmd = first(text);
  CHECK(cmd.json);
  CHECK(texts(cmd.words) == Texts{"aA", "b c"});
  CHECK(cmd.words[0].span.of(text) == "\"a\\u0041\"");
  CHECK(cmd.words[1].span.of(text) == "\"b c\"");
  CHECK_FALSE(cmd.shell_command().has_value());
}

TEST_CASE("what is no JSON silently becomes shell form, which is a problem only if it was meant as JSON") {
  CHECK(problems(parse_document("FROM a\nCMD ['a', 'b']\n")) == Texts{"json-fallback"});
  CHECK(problems(parse_document("FROM a\nCMD [\"a\", \"b\"\n")) == Texts{"json-fallback"});
  CHECK(problems(parse_document("FROM a\nRUN [\"a\", \"b\\d\"]\n")) == Texts{"json-fallback"});
  CHECK(problems(parse_document("FROM a\nRUN [ -f /x ] && y\n")).empty());
  CHECK(problems(parse_document("FROM a\nRUN [ \"$a\" = \"b\" ] || c\n")).empty());
  CHECK(first("CMD ['a', 'b']\n").words[0].text == "['a', 'b']");
}

TEST_CASE("a JSON array of other things than strings is refused") {
  CHECK(problems(parse_document("CMD [\"a\", 1]\n")) == Texts{"json-not-strings"});
  CHECK(problems(parse_document("CMD [[\"a\"]]\n")) == Texts{"json-not-strings"});
  CHECK(problems(parse_document("CMD [1e400]\n")) == Texts{"json-fallback"});  // Go cannot keep the number
}

TEST_CASE("pairs in both forms") {
  const std::string text = "ENV A=1 \"b c\"='d e' F=g\\ h I=\nLABEL key  some value \nARG X=\"y z\" W\n";
  const Document document = parse_document(text);
  const auto& env = document.instructions[0].pairs;
  REQUIRE(env.size() == 4);
  CHECK(env[1].key == "\"b c\"");
  CHECK(env[1].value == "'d e'");
  CHECK(env[1].value_span.of(text) == "'d e'");
  CHECK(env[2].value == "g\\ h");
  CHECK(env[3].value.empty());
  CHECK(env[3].form == KeyValue::Form::equals);
  const auto& label = document.instructions[1].pairs;
  REQUIRE(label.size() == 1);
  CHECK(label[0].form == KeyValue::Form::legacy);
  CHECK(label[0].key == "key");
  CHECK(label[0].value == "some value");
  CHECK(label[0].span.of(text) == "key  some value");
  const auto& arg = document.instructions[2].pairs;
  REQUIRE(arg.size() == 2);
  CHECK(arg[0].value == "\"y z\"");
  CHECK(arg[1].form == KeyValue::Form::key_only);
  CHECK(document.problems.empty());
}

TEST_CASE("pairs without a value or '=' are problems") {
  CHECK(problems(parse_document("ENV A\n")) == Texts{"missing-value"});
  CHECK(problems(parse_document("ENV A=1 B\n")) == Texts{"missing-equals"});
  CHECK(problems(parse_document("ENV\n")) == Texts{"missing-arguments"});
  CHECK(problems(parse_document("ENV A=\"b c\n")) == Texts{"unterminated-quote"});
}

TEST_CASE("heredocs: several, tabs, quoted names, file descriptors") {
  const std::string text =
      "RUN cat <<A 3<<-'B C' > /x\none $v\nA\n\ttwo\n\tB C\nCOPY <<\"f.txt\" /f\nhi\nf.txt\nUSER x\n";
  const Document document = parse_document(text);
  REQUIRE(document.instructions.size() == 3);
  const auto& docs = document.instructions[0].heredocs;
  REQUIRE(docs.size() == 2);
  CHECK(docs[0].name == "A");
  CHECK(docs[0].expand);
  CHECK(docs[0].content == "one $v\n");
  CHECK(docs[0].marker.of(text) == "<<A");
  CHECK(docs[0].terminator.of(text) == "A");
  CHECK(docs[1].name == "B C");
  CHECK(docs[1].fd == 3);
  CHECK(docs[1].strip_tabs);
  CHECK_FALSE(docs[1].expand);
  CHECK(docs[1].content == "\ttwo\n");
  CHECK(docs[1].stripped_content() == "two\n");
  CHECK(docs[1].body.of(text) == "\ttwo\n");
  CHECK(document.instructions[0].span.of(text).substr(document.instructions[0].span.size() - 4) == "\tB C");
  CHECK(document.instructions[1].heredocs[0].name == "f.txt");
  CHECK(document.instructions[2].name == "USER");
}

TEST_CASE(
    "no heredoc: in JSON, in quotes, here-strings, other instructions, lines whose quotes do not match") {
  for (const char* text :
       {"RUN [\"<<EOF\"]\nEOF\n", "RUN echo '<<EOF'\nEOF\n", "RUN cat <<<EOF\nEOF\n", "CMD cat <<EOF\nEOF\n",
        "RUN echo it's <<EOF\nEOF\n", "RUN echo ${x[0]} <<EOF\nEOF\n"}) {
    CAPTURE(text);
    const Document document = parse_document(text);
    REQUIRE(document.instructions.size() == 2);
    CHECK(document.instructions[0].heredocs.empty());
  }
}

TEST_CASE("a heredoc that never ends takes the rest of the file and is a problem") {
  const std::string text = "RUN <<EOF\nFROM a\nRUN b";
  const Document document = parse_document(text);
  REQUIRE(document.instructions.size() == 1);
  CHECK_FALSE(document.instructions[0].heredocs[0].terminated);
  CHECK(document.instructions[0].heredocs[0].body.of(text) == "FROM a\nRUN b");
  CHECK(document.instructions[0].span.end == text.size());
  CHECK(problems(document) == Texts{"unterminated-heredoc"});
  CHECK(document.problems[0].refused());
}

TEST_CASE("ONBUILD has a child with its own line, flags and heredocs") {
  const std::string text = "ONBUILD copy --from=x <<EOF \\\n  /y\nz\nEOF\nUSER a\n";
  const Document document = parse_document(text);
  REQUIRE(document.instructions.size() == 2);
  const Instruction& onbuild = document.instructions[0];
  REQUIRE(onbuild.child);
  CHECK(onbuild.child->name == "COPY");
  CHECK(onbuild.child->keyword_span.of(text) == "copy");
  CHECK(onbuild.child->flag("from")->value_span.of(text) == "x");
  CHECK(texts(onbuild.child->words) == Texts{"<<EOF", "/y"});
  REQUIRE(onbuild.child->heredocs.size() == 1);
  CHECK(onbuild.child->heredocs[0].marker_range.of(onbuild.child->line.text) == "<<EOF");
  CHECK(onbuild.child->heredocs[0].content == "z\n");
  CHECK(onbuild.span.end == onbuild.child->span.end);
}

TEST_CASE("ONBUILD of ONBUILD, FROM and MAINTAINER is not allowed") {
  CHECK(problems(parse_document("ONBUILD ONBUILD RUN x\n")) == Texts{"onbuild-not-allowed"});
  CHECK(problems(parse_document("ONBUILD FROM x\n")) == Texts{"onbuild-not-allowed"});
  CHECK(problems(parse_document("ONBUILD\n")) == Texts{"missing-arguments"});
}

TEST_CASE("HEALTHCHECK in its forms") {
  const std::string text = "HEALTHCHECK --interval=5s cmd curl  -f x\n";
  const Instruction check = first(text);
  CHECK(texts(check.words) == Texts{"cmd", "curl  -f x"});
  REQUIRE(check.shell_command().has_value());
  CHECK(check.shell_command()->of(check.line.text) == "curl  -f x");
  const Instruction json = first("HEALTHCHECK CMD [\"a\"]\n");
  CHECK(json.json);
  CHECK(texts(json.words) == Texts{"CMD", "a"});
  CHECK(problems(parse_document("HEALTHCHECK NONE\n")).empty());
  CHECK(problems(parse_document("HEALTHCHECK TCP 80\n")) == Texts{"wrong-arguments"});
  CHECK(problems(parse_document("HEALTHCHECK CMD\n")) == Texts{"missing-arguments"});
}

TEST_CASE("an unknown instruction is one problem, and the rest is read") {
  const Document document = parse_document("FROM a\nRUM --x make\nUSER b\n");
  REQUIRE(document.instructions.size() == 3);
  CHECK(document.instructions[1].keyword == Keyword::unknown);
  CHECK(document.instructions[1].name == "RUM");
  CHECK(document.instructions[1].arguments_text() == "make");
  CHECK(problems(document) == Texts{"unknown-instruction"});
}

TEST_CASE("a Kelvin sign is a K to the builder, and so to us") {
  CHECK(first("WOR\xE2\x84\xAA"
              "DIR /x\n")
            .keyword == Keyword::workdir);
}

TEST_CASE("an empty file and one of comments only have no instructions") {
  CHECK(problems(parse_document("")) == Texts{"no-instructions"});
  CHECK(problems(parse_document("# a\n\n  # b\n")) == Texts{"no-instructions"});
  CHECK(parse_document("# a\n\n  # b\n").comments.size() == 2);
}

TEST_CASE("long lines, NUL bytes and invalid UTF-8 are read and said") {
  const std::string at_limit = "RUN " + std::string(k_max_line_bytes - 4, 'x') + "\n";
  CHECK(problems(parse_document(at_limit)).empty());
  CHECK(problems(parse_document("x" + at_limit)) == Texts{"unknown-instruction", "long-line"});
  CHECK(problems(parse_document(std::string_view("RUN a\0b\n", 8))) == Texts{"nul-byte"});
  CHECK(problems(parse_document("RUN a\xff\n")) == Texts{"invalid-utf8"});
}

TEST_CASE("slices map like the whole") {
  const std::string text = "RUN ab\\\ncd\\\nef\n";
  const Document document = parse_document(text);
  const LogicalText part = document.instructions[0].line.slice({5, 9});
  CHECK(part.text == "bcde");
  CHECK(part.span(part.all()).of(text) == "b\\\ncd\\\ne");
  CHECK(part.source_offset(1) == 8);
  CHECK(part.span({2, 2}).empty());
}

}  // namespace
}  // namespace sluice::syntax::dockerfile

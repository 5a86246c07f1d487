// What must hold for every text, however mean: no crash, spans inside the file, texts that map back.
#include <string>
#include <string_view>
#include <vector>

#include <ostream>

#include <doctest/doctest.h>

#include "random_dockerfile.h"
#include "syntax/dockerfile/buildkit_dump.h"
#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/lex.h"
#include "syntax/dockerfile/shell_ranges.h"

namespace sluice::syntax::dockerfile {
namespace {

bool inside(Span span, std::string_view text) {
  return span.begin <= span.end && span.end <= text.size();
}

bool maps_back(const LogicalText& line, std::string_view source) {
  std::string joined_pieces;
  std::uint32_t before = 0;
  for (const LogicalText::Piece& piece : line.pieces) {
    if (piece.logical != joined_pieces.size() || piece.source.begin < before || !inside(piece.source, source))
      return false;
    before = piece.source.end;
    joined_pieces += piece.source.of(source);
  }
  return joined_pieces == line.text;
}

bool ascending(const std::vector<Span>& spans, std::string_view source) {
  std::uint32_t before = 0;
  for (const Span& span : spans) {
    if (span.begin < before || span.empty() || !inside(span, source)) return false;
    before = span.end;
  }
  return true;
}

// What is wrong with an instruction, or "".
std::string fault(const Instruction& instruction, std::string_view source) {
  const Span whole = instruction.span;
  if (!inside(whole, source) || !whole.contains(instruction.keyword_span)) return "keyword";
  if (!maps_back(instruction.line, source)) return "line";
  for (const Flag& flag : instruction.flags) {
    if (!whole.contains(flag.span)) return "flag";
    if (!flag.span.contains(flag.name_span) || !flag.span.contains(flag.value_span))
      return "parts of flag " + flag.text;
    for (const FlagOption& option : flag.options) {
      if (!flag.span.contains(option.span) || !option.span.contains(option.value_span))
        return "option " + option.name;
    }
  }
  for (const Word& word : instruction.words) {
    if (!whole.contains(word.span)) return "word " + word.text;
  }
  for (const KeyValue& pair : instruction.pairs) {
    if (!whole.contains(pair.span)) return "pair " + pair.key;
    if (!pair.span.contains(pair.key_span) || !pair.span.contains(pair.value_span))
      return "parts of pair " + pair.key;
  }
  for (const Heredoc& heredoc : instruction.heredocs) {
    if (!inside(heredoc.body, source) || !whole.contains(heredoc.marker) ||
        !inside(heredoc.terminator, source) || heredoc.body.of(source) != heredoc.content) {
      return "heredoc " + heredoc.name;
    }
  }
  for (const ShellText& text : shell_texts(instruction, source)) {
    if (!ascending(text.ranges, source)) return "shell ranges";
  }
  for (const VariableUse& use : variables(instruction.line.text, instruction.line.all())) {
    if (use.range.begin >= use.range.end || use.range.end > instruction.line.text.size() ||
        use.operand.begin > use.operand.end || use.operand.end > use.range.end) {
      return "variable " + use.name;
    }
  }
  return instruction.child ? fault(*instruction.child, source) : "";
}

void check_sound(std::string_view source) {
  const Document document = parse_document(source);
  std::uint32_t before = 0;
  for (const Instruction& instruction : document.instructions) {
    CHECK(instruction.span.begin >= before);
    before = instruction.span.end;
    CHECK(fault(instruction, source) == "");
  }
  for (const Problem& problem : document.problems) {
    CHECK(inside(problem.span, source));
    CHECK_FALSE(problem.message.empty());
  }
  for (const Comment& comment : document.comments) CHECK(comment.span.of(source).substr(0, 1) == "#");
  CHECK(buildkit_dump(document).empty() == document.instructions.empty());
}

std::string repeated(std::string_view piece, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += piece;
  return out;
}

TEST_CASE("random texts are sound") {
  for (std::uint64_t number = 20'000; number < 24'000; ++number) {
    CAPTURE(number);
    check_sound(random_dockerfile(number));
  }
}

TEST_CASE("every prefix of a rich file is sound") {
  const std::string text =
      "\xEF\xBB\xBF# syntax=a\n# escape=`\nFROM --platform=$x a:b@c AS d\r\nRUN --mount=type=a,b=\"c,d\" x "
      "`\n # c\n\n y <<-'E' <<F\n\tE\nF\n"
      "ENV a=\"b `\n c\" d='e'\nLABEL f g ${h:-i}\nCMD [\"j`\n\", \"\\u00e9\"]\nHEALTHCHECK --retries=1 CMD "
      "k\nONBUILD ONBUILD COPY <<l /\nl\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    CAPTURE(size);
    check_sound(text.substr(0, size));
  }
}

TEST_CASE("large and mean texts are sound") {
  check_sound("RUN " + repeated("x", 1 << 20));
  constexpr int k_large = 1 << 17;
  for (const std::string& text : {
           "COPY " + repeated("a ", k_large / 2),
           "ENV " + repeated("a='b' ", k_large / 6),
           "RUN " + repeated("\\", k_large),
           "COPY " + repeated("${", k_large / 2),
           "COPY " + repeated("${a:-", k_large / 5) + repeated("}", k_large / 5),
           "RUN <<EOF " + repeated("${a:-", k_large / 5),
           "FROM " + repeated(":", k_large),
           "CMD " + repeated("[", k_large),
           "CMD [\"" + repeated("\\u0041", k_large / 6) + "\"]",
           repeated("ONBUILD ", k_large / 8) + "RUN x",
           "RUN --mount=" + repeated("a=b,", k_large / 4),
           "RUN " + repeated("<", k_large),
           "RUN a" + repeated("\\\n# c\n", k_large / 6),
           "RUN a" + repeated("\\\nb", k_large / 3),
           std::string(k_large, '\0'),
           std::string(k_large, '\xFF'),
           std::string(k_large, '\r'),
           "ENV a=\"" + repeated("\\\n", k_large / 2),
       }) {
    CAPTURE(text.substr(0, 20));
    check_sound(text);
  }
}

TEST_CASE("100,000 instructions and 10,000 heredocs are all read") {
  CHECK(parse_document(repeated("RUN x\n", 100'000)).instructions.size() == 100'000);
  const Document lines = parse_document(repeated("RUN <<EOF\nx\nEOF\n", 10'000));
  CHECK(lines.instructions.size() == 10'000);
  CHECK(lines.problems.empty());
  const Document one = parse_document("RUN " + repeated("<<a ", 10'000) + "\n" + repeated("a\n", 10'000));
  REQUIRE(one.instructions.size() == 1);
  CHECK(one.instructions[0].heredocs.size() == 10'000);
}

}  // namespace
}  // namespace sluice::syntax::dockerfile

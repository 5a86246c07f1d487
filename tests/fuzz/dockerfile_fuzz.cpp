// The reader of Dockerfiles and the grammar: every text gives a document whose ranges lie inside it, and a
// tree without an error node.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "syntax/dockerfile/buildkit_dump.h"
#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/lex.h"
#include "syntax/dockerfile/shell_ranges.h"
#include "syntax/tree.h"

namespace {

using namespace sluice::syntax;

void check(const dockerfile::Instruction& instruction, std::string_view source) {
  if (instruction.span.end > source.size() || !instruction.span.contains(instruction.keyword_span))
    std::abort();
  for (std::uint32_t i = 0; i < instruction.line.text.size(); ++i) {
    if (instruction.line.text[i] != source[instruction.line.source_offset(i)]) std::abort();
  }
  for (const auto& text : dockerfile::shell_texts(instruction, source))
    (void)dockerfile::joined(text.ranges, source);
  (void)dockerfile::variables(instruction.line.text, instruction.line.all());
  (void)dockerfile::expand(instruction.line.text, {});
  if (instruction.child) check(*instruction.child, source);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source{reinterpret_cast<const char*>(data), size};
  const dockerfile::Document document = dockerfile::parse_document(source);
  for (const auto& instruction : document.instructions) check(instruction, source);
  (void)dockerfile::buildkit_dump(document);
  Parser parser;
  const auto tree = parser.parse(*find_language("dockerfile"), source);
  if (tree && tree->has_error()) std::abort();
  return 0;
}

#include "syntax/dockerfile/buildkit_dump.h"

#include "syntax/dockerfile/runes.h"
#include "syntax/dockerfile/unicode_print.h"

namespace sluice::syntax::dockerfile {
namespace {

void append_hex(std::string& out, char32_t value, int digits) {
  static constexpr char k_hex[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += k_hex[(value >> shift) & 15];
}

// A string literal of Go.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    const char32_t c = rune.value;
    static constexpr std::string_view k_control = "\a\b\f\n\r\t\v";
    static constexpr std::string_view k_names = "abfnrtv";
    if (!rune.valid) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(text[at]), 2);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (is_printable(c)) {
      out += text.substr(at, rune.size);
    } else if (const auto name = c < 0x80 ? k_control.find(static_cast<char>(c)) : std::string_view::npos;
               name != std::string_view::npos) {
      out += '\\';
      out += k_names[name];
    } else if (c < ' ' || c == 0x7F) {
      out += "\\x";
      append_hex(out, c, 2);
    } else if (c < 0x10000) {
      out += "\\u";
      append_hex(out, c, 4);
    } else {
      out += "\\U";
      append_hex(out, c, 8);
    }
    at += rune.size;
  }
  out += '"';
}

void append_item(std::string& out, std::string_view text) {
  out += ' ';
  append_quoted(out, text);
}

void append_instruction(std::string& out, const Instruction& instruction) {
  out += fold_keyword(instruction.keyword_text);
  if (!instruction.flags.empty()) {
    out += " [";
    for (std::size_t i = 0; i < instruction.flags.size(); ++i) {
      if (i > 0) out += ' ';
      append_quoted(out, instruction.flags[i].text);
    }
    out += ']';
  }
  if (instruction.keyword == Keyword::unknown) append_item(out, "");
  if (instruction.child) {
    out += " (";
    append_instruction(out, *instruction.child);
    out += ')';
  }
  for (const Word& word : instruction.words) append_item(out, word.text);
  if (instruction.keyword != Keyword::env && instruction.keyword != Keyword::label) return;
  for (const KeyValue& pair : instruction.pairs) {
    append_item(out, pair.key);
    append_item(out, pair.value);
    append_item(out, pair.form == KeyValue::Form::equals ? "=" : "");
  }
}

}  // namespace

std::string buildkit_dump(const Document& document) {
  std::string out;
  for (const Instruction& instruction : document.instructions) {
    if (!out.empty()) out += '\n';
    std::string line;
    append_instruction(line, instruction);
    out.append("(").append(trimmed(line)).append(")");
  }
  return out;
}

}  // namespace sluice::syntax::dockerfile

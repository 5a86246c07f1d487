#include "syntax/dockerfile/words.h"

#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {

LogicalRange first_blanks(std::string_view text, LogicalRange range) {
  LogicalRange out{range.begin, range.end};
  while (out.begin < range.end && !is_blank(text[out.begin])) ++out.begin;
  out.end = out.begin;
  while (out.end < range.end && is_blank(text[out.end])) ++out.end;
  return out;
}

std::vector<RawWord> split_blanks(std::string_view text, LogicalRange range) {
  std::vector<RawWord> out;
  if (range.empty()) return out;
  for (LogicalRange rest = range;;) {
    const LogicalRange gap = first_blanks(text, rest);
    const LogicalRange word{rest.begin, gap.begin};
    out.push_back({std::string(word.of(text)), word});
    if (gap.empty()) return out;
    rest.begin = gap.end;
  }
}

std::vector<RawWord> split_quoted(std::string_view text, LogicalRange range, char escape) {
  std::vector<RawWord> out;
  RawWord word;
  bool in_word = false;
  bool may_be_empty = false;  // a quoted word
  char quote = 0;
  const auto finish = [&](std::uint32_t end) {
    word.range.end = end;
    word.unterminated = quote != 0;
    if (may_be_empty || !word.text.empty()) out.push_back(std::move(word));
    word = {};
    in_word = may_be_empty = false;
    quote = 0;
  };
  std::uint32_t at = range.begin;
  const std::string_view bounded = text.substr(0, range.end);
  while (at < range.end) {
    const Rune rune = decode_rune(bounded, at);
    const bool escaping = rune.value == static_cast<char32_t>(escape) && quote != '\'';
    if (!in_word) {
      if (is_space(rune.value)) {
        at += rune.size;
        continue;
      }
      in_word = true;
      word.range.begin = at;
    }
    if (quote == 0 && is_space(rune.value)) {
      finish(at);
      at += rune.size;
      continue;
    }
    at += rune.size;
    if (escaping) {
      if (at >= range.end) {  // an escape at the very end is dropped, and ends a quote
        quote = 0;
        break;
      }
      const Rune escaped = decode_rune(bounded, at);
      append_rune(word.text, rune.value);
      append_rune(word.text, escaped.value);
      at += escaped.size;
      continue;
    }
    if (quote != 0 && rune.value == static_cast<char32_t>(quote)) {
      quote = 0;
    } else if (quote == 0 && (rune.value == '\'' || rune.value == '"')) {
      quote = static_cast<char>(rune.value);
      may_be_empty = true;
    }
    append_rune(word.text, rune.value);
  }
  if (in_word) finish(range.end);
  return out;
}

namespace {

// The builder's flag reader walks bytes, not runes: a byte of a longer character is taken for the Latin-1
// letter of that number, also when that is a space.
bool is_space_byte(char c) {
  return is_space(static_cast<unsigned char>(c));
}

class FlagReader {
 public:
  FlagReader(std::string_view text, LogicalRange range) : text_(text), at_(range.begin), end_(range.end) {}

  std::vector<RawFlag> run(LogicalRange& rest) {
    for (;;) {
      while (at_ < end_ && is_space_byte(text_[at_])) ++at_;
      const bool flag = at_ + 1 < end_ && text_[at_] == '-' && text_[at_ + 1] == '-';
      if (!flag || !word()) break;
    }
    rest = trim(text_, {at_, end_});
    return std::move(flags_);
  }

 private:
  // One word; false if it was the "--" that ends the flags.
  bool word() {
    RawFlag flag;
    flag.range.begin = at_;
    char quote = 0;
    while (at_ < end_) {
      const char c = text_[at_];
      if (quote == 0 && is_space_byte(c)) break;
      if (quote != 0 ? c == quote : c == '\'' || c == '"') {
        quote = quote != 0 ? static_cast<char>(0) : c;
        ++at_;
        continue;
      }
      if (c == '\\') {  // always the backslash, whatever the escape directive says
        ++at_;
        if (at_ >= end_) {
          quote = 0;
          break;
        }
      }
      put(flag, at_++);
    }
    flag.range.end = at_;
    flag.unterminated = quote != 0;
    flag.origin.push_back(at_);
    if (flag.text == "--") return false;
    const auto equals = flag.text.find('=');
    flag.equals = static_cast<std::uint32_t>(equals == std::string::npos ? flag.text.size() : equals);
    flags_.push_back(std::move(flag));
    return true;
  }

  void put(RawFlag& flag, std::uint32_t from) {
    append_rune(flag.text, static_cast<unsigned char>(text_[from]));
    flag.origin.resize(flag.text.size(), from);
  }

  std::string_view text_;
  std::uint32_t at_;
  std::uint32_t end_;
  std::vector<RawFlag> flags_;
};

}  // namespace

std::vector<RawFlag> split_flags(std::string_view text, LogicalRange range, LogicalRange& rest) {
  return FlagReader(text, range).run(rest);
}

}  // namespace sluice::syntax::dockerfile

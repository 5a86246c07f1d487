#include "syntax/dockerfile/heredoc.h"

#include <algorithm>

#include "syntax/dockerfile/lexer.h"

namespace sluice::syntax::dockerfile {
namespace {

// What comes before the name: digits, "<<", perhaps '-', blanks. False if `word` is something else.
bool split_operator(std::string_view word, HeredocWord& out, std::string_view& name) {
  std::size_t at = 0;
  std::uint64_t fd = 0;
  for (; at < word.size() && word[at] >= '0' && word[at] <= '9'; ++at) {
    fd = std::min<std::uint64_t>(fd * 10 + static_cast<std::uint64_t>(word[at] - '0'), UINT32_MAX);
  }
  if (word.substr(at, 2) != "<<") return false;
  at += 2;
  out.fd = static_cast<std::uint32_t>(fd);
  out.strip_tabs = at < word.size() && word[at] == '-';
  if (out.strip_tabs) ++at;
  while (at < word.size() && std::string_view(" \t\n\f\r").find(word[at]) != std::string_view::npos) ++at;
  name = word.substr(at);
  return !name.empty() && name.find('<') == std::string_view::npos;
}

std::ptrdiff_t quotes(std::string_view text) {
  return std::count(text.begin(), text.end(), '\'') + std::count(text.begin(), text.end(), '"');
}

}  // namespace

HeredocRead read_heredoc_word(std::string_view word, HeredocWord& out) {
  std::string_view written;
  if (!split_operator(word, out, written)) return HeredocRead::none;
  const Lookup nothing;
  LexOptions options;
  options.keep_unset = true;
  Lexer plain(written, nothing, options);
  if (!plain.run()) return HeredocRead::bad;
  if (plain.words().size() != 1) return HeredocRead::none;
  LexOptions raw_options = options;
  raw_options.raw_quotes = true;
  Lexer raw(written, nothing, raw_options);
  if (!raw.run() || raw.words().size() != 1) return HeredocRead::bad;
  // A quote that only the raw reading keeps did quote; an escaped one is in both.
  out.name = plain.words()[0].text;
  out.expand = quotes(out.name) == quotes(raw.words()[0].text);
  return HeredocRead::heredoc;
}

std::vector<HeredocWord> heredoc_words(std::string_view line, bool& bad) {
  std::vector<HeredocWord> out;
  bad = false;
  if (line.find("<<") == std::string_view::npos) return out;
  // The builder lexes the whole line with a backslash, also under escape=`.
  const Lookup nothing;
  LexOptions options;
  options.raw_quotes = options.raw_escapes = options.keep_unset = true;
  Lexer lexer(line, nothing, options);
  if (!lexer.run()) return out;
  for (const LexWord& word : lexer.words()) {
    HeredocWord heredoc;
    heredoc.range = word.range;
    const HeredocRead read = read_heredoc_word(word.text, heredoc);
    if (read == HeredocRead::bad) {
      bad = true;
      break;
    }
    if (read == HeredocRead::heredoc) out.push_back(std::move(heredoc));
  }
  return out;
}

}  // namespace sluice::syntax::dockerfile

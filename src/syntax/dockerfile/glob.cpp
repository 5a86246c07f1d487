#include "syntax/dockerfile/glob.h"

#include <algorithm>
#include <vector>

#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

struct Token {
  enum class Kind : unsigned char { literal, one, many } kind = Kind::literal;
  char32_t rune = 0;
};

std::u32string runes_of(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = decode_rune(text, at);
    out += rune.value;
    at += rune.size;
  }
  return out;
}

std::string utf8(std::u32string_view runes) {
  std::string out;
  for (const char32_t rune : runes) append_rune(out, rune);
  return out;
}

// A backslash may escape '*', '?', itself, and what would end the expansion: '}' and '/'.
std::optional<std::vector<Token>> tokens_of(std::string_view pattern) {
  const std::u32string runes = runes_of(pattern);
  std::vector<Token> out;
  for (std::size_t i = 0; i < runes.size(); ++i) {
    if (runes[i] == '*') {
      out.push_back({Token::Kind::many, 0});
    } else if (runes[i] == '?') {
      out.push_back({Token::Kind::one, 0});
    } else if (runes[i] == '\\') {
      static constexpr std::u32string_view k_escapable = U"*?\\}/";
      if (++i >= runes.size() || k_escapable.find(runes[i]) == std::u32string_view::npos) return std::nullopt;
      out.push_back({Token::Kind::literal, runes[i]});
    } else {
      out.push_back({Token::Kind::literal, runes[i]});
    }
  }
  return out;
}

// The end of the shortest or longest match that begins at `from`, or npos. A set of reachable ends is kept
// for each token, so that no pattern can make it explode.
std::size_t match_end(const std::vector<Token>& tokens, std::u32string_view value, std::size_t from,
                      bool longest) {
  std::vector<char> reach{1};
  reach.resize(value.size() - from + 1, 0);
  for (const Token& token : tokens) {
    if (token.kind == Token::Kind::many) {
      char seen = 0;
      for (std::size_t i = 0; i < reach.size(); ++i) {
        if (i > 0 && value[from + i - 1] == '\n') seen = 0;
        seen = static_cast<char>(seen | reach[i]);
        reach[i] = seen;
      }
      continue;
    }
    for (std::size_t i = reach.size(); i-- > 0;) {
      const bool fits = i > 0 && (token.kind == Token::Kind::one ? value[from + i - 1] != '\n'
                                                                 : value[from + i - 1] == token.rune);
      reach[i] = static_cast<char>(fits ? reach[i - 1] : 0);
    }
  }
  if (longest) {
    const auto at = std::find(reach.rbegin(), reach.rend(), char{1});
    return at == reach.rend() ? std::u32string_view::npos
                              : from + static_cast<std::size_t>(reach.rend() - at) - 1;
  }
  const auto at = std::find(reach.begin(), reach.end(), char{1});
  return at == reach.end() ? std::u32string_view::npos : from + static_cast<std::size_t>(at - reach.begin());
}

}  // namespace

std::optional<std::string> remove_prefix(std::string_view pattern, std::string_view value, bool longest) {
  const auto tokens = tokens_of(pattern);
  const std::u32string runes = runes_of(value);
  if (!tokens || tokens->size() * (runes.size() + 1) > k_max_glob_steps) return std::nullopt;
  const std::size_t end = match_end(*tokens, runes, 0, longest);
  return utf8(end == std::u32string::npos ? std::u32string_view(runes)
                                          : std::u32string_view(runes).substr(end));
}

std::optional<std::string> remove_suffix(std::string_view pattern, std::string_view value, bool longest) {
  auto tokens = tokens_of(pattern);
  std::u32string runes = runes_of(value);
  if (!tokens || tokens->size() * (runes.size() + 1) > k_max_glob_steps) return std::nullopt;
  std::reverse(tokens->begin(), tokens->end());
  std::reverse(runes.begin(), runes.end());
  const std::size_t end = match_end(*tokens, runes, 0, longest);
  if (end != std::u32string::npos) runes.erase(0, end);
  std::reverse(runes.begin(), runes.end());
  return utf8(runes);
}

std::optional<std::string> replace(std::string_view pattern, std::string_view value,
                                   std::string_view replacement, bool all) {
  const auto tokens = tokens_of(pattern);
  const std::u32string runes = runes_of(value);
  if (!tokens || tokens->size() * (runes.size() + 1) * (runes.size() + 1) > k_max_glob_steps)
    return std::nullopt;
  if (tokens->empty()) return std::string(value);
  const std::u32string with = runes_of(replacement);
  std::u32string out;
  bool done = false;
  for (std::size_t at = 0; at < runes.size();) {
    const std::size_t end = done ? std::u32string::npos : match_end(*tokens, runes, at, true);
    if (end == std::u32string::npos || end == at) {
      out += runes[at++];
      continue;
    }
    out += with;
    at = end;
    done = !all;
  }
  return utf8(out);
}

}  // namespace sluice::syntax::dockerfile

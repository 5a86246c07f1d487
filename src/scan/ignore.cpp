#include "scan/ignore.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sluice::scan {
namespace {

// [:alpha:] and its kin, for ASCII only: git uses the C locale.
bool in_posix_class(std::string_view name, unsigned char c) {
  const bool upper = c >= 'A' && c <= 'Z';
  const bool lower = c >= 'a' && c <= 'z';
  const bool digit = c >= '0' && c <= '9';
  const bool graph = c > 0x20 && c < 0x7F;
  if (name == "alnum") return upper || lower || digit;
  if (name == "alpha") return upper || lower;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return c < 0x20 || c == 0x7F;
  if (name == "digit") return digit;
  if (name == "graph") return graph;
  if (name == "lower") return lower;
  if (name == "print") return graph || c == ' ';
  if (name == "punct") return graph && !upper && !lower && !digit;
  if (name == "space") return c == ' ' || (c >= '\t' && c <= '\r');
  if (name == "upper") return upper;
  if (name == "xdigit") return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  return false;
}

bool is_posix_class(std::string_view name) {
  constexpr std::array<std::string_view, 12> names{"alnum", "alpha", "blank", "cntrl", "digit", "graph",
                                                   "lower", "print", "punct", "space", "upper", "xdigit"};
  for (const std::string_view known : names) {
    if (name == known) return true;
  }
  return false;
}

// Trailing spaces do not count unless the last one is escaped; other white space does.
std::string_view trim_trailing_spaces(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) {
      ++i;
      end = i + 1;
    } else if (line[i] != ' ') {
      end = i + 1;
    }
  }
  return line.substr(0, end);
}

}  // namespace

IgnorePattern::IgnorePattern(std::string_view line) {
  if (line.empty() || line.front() == '#') return;
  line = trim_trailing_spaces(line);
  if (line.starts_with('!')) {
    negated_ = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    directory_only_ = true;
    line.remove_suffix(1);
  }
  if (line.empty()) return;
  basename_only_ = line.find('/') == std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  compile(line);
}

void IgnorePattern::compile(std::string_view pattern) {
  std::size_t i = 0;
  const auto add = [this](Kind kind, char byte = 0) {
    tokens_.push_back({kind, byte, 0});
    if (kind != Kind::literal) literal_ = false;
  };
  while (i < pattern.size()) {
    const char c = pattern[i];
    if (c == '*') {
      std::size_t end = i;
      while (end < pattern.size() && pattern[end] == '*') ++end;
      // Two or more stars that fill a whole component are special; any others are one star.
      const bool component_start = i == 0 || pattern[i - 1] == '/';
      if (end - i >= 2 && component_start && end == pattern.size()) {
        add(Kind::everything);
      } else if (end - i >= 2 && component_start && pattern[end] == '/') {
        add(Kind::directories);
        ++end;
      } else {
        add(Kind::star);
      }
      i = end;
    } else if (c == '?') {
      add(Kind::any);
      ++i;
    } else if (c == '[') {
      i = compile_class(pattern, i);
      if (i == std::string_view::npos) {
        never_ = true;
        add(Kind::any);
        return;
      }
    } else {
      if (c == '\\') {
        ++i;
        if (i == pattern.size()) {  // a trailing backslash is an invalid pattern: it never matches
          never_ = true;
          add(Kind::any);
          return;
        }
      }
      add(Kind::literal, pattern[i]);
      ++i;
    }
  }
}

std::size_t IgnorePattern::compile_class(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  bool inverted = false;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) {
    inverted = true;
    ++i;
  }
  ByteSet set;
  bool first = true;
  int previous = -1;  // for ranges; -1 after a posix class or a range
  while (i < pattern.size() && (pattern[i] != ']' || first)) {
    first = false;
    if (pattern[i] == '[' && i + 1 < pattern.size() && pattern[i + 1] == ':') {
      const std::size_t close = pattern.find(":]", i + 2);
      const std::string_view name =
          close == std::string_view::npos ? std::string_view{} : pattern.substr(i + 2, close - i - 2);
      if (!name.empty() && name.find(']') == std::string_view::npos) {
        if (!is_posix_class(name)) return std::string_view::npos;
        for (unsigned c = 0; c < 256; ++c) {
          if (in_posix_class(name, static_cast<unsigned char>(c))) set.add(static_cast<unsigned char>(c));
        }
        previous = -1;
        i = close + 2;
        continue;
      }
    }
    const bool range = pattern[i] == '-' && previous >= 0 && i + 1 < pattern.size() && pattern[i + 1] != ']';
    if (range) ++i;
    if (pattern[i] == '\\') {
      ++i;
      if (i == pattern.size()) return std::string_view::npos;
    }
    const int byte = static_cast<unsigned char>(pattern[i]);
    for (int c = range ? previous : byte; c <= byte; ++c) set.add(static_cast<unsigned char>(c));
    previous = range ? -1 : byte;
    ++i;
  }
  if (i >= pattern.size()) return std::string_view::npos;
  if (inverted) {
    for (std::uint64_t& word : set.words) word = ~word;
  }
  tokens_.push_back({Kind::one_of, 0, static_cast<std::uint32_t>(sets_.size())});
  sets_.push_back(set);
  literal_ = false;
  return i + 1;
}

bool IgnorePattern::simulate(std::string_view text) const {
  const std::size_t n = tokens_.size();
  // State i: the tokens before i are matched. `directories` is left only at its start or behind a "/".
  std::vector<std::uint8_t> now(n + 1, 0);
  std::vector<std::uint8_t> next(n + 1, 0);
  const auto enter = [this, n](std::vector<std::uint8_t>& states, std::size_t i) {
    for (;; ++i) {
      states[i] = 1;
      if (i == n) return;
      const Kind kind = tokens_[i].kind;
      if (kind != Kind::star && kind != Kind::directories && kind != Kind::everything) return;
    }
  };
  enter(now, 0);
  for (const char c : text) {
    std::fill(next.begin(), next.end(), std::uint8_t{0});
    bool alive = false;
    for (std::size_t i = 0; i < n; ++i) {
      if (now[i] == 0) continue;
      const Token& token = tokens_[i];
      const bool slash = c == '/';
      switch (token.kind) {
        case Kind::literal:
          if (c != token.byte) continue;
          enter(next, i + 1);
          break;
        case Kind::any:
          if (slash) continue;
          enter(next, i + 1);
          break;
        case Kind::one_of:
          if (slash || !sets_[token.set].has(static_cast<unsigned char>(c))) continue;
          enter(next, i + 1);
          break;
        case Kind::star:
          if (slash) continue;
          enter(next, i);
          break;
        case Kind::everything:
          enter(next, i);
          break;
        case Kind::directories:
          next[i] = 1;
          if (slash) enter(next, i + 1);
          break;
      }
      alive = true;
    }
    if (!alive) return false;
    now.swap(next);
  }
  return now[n] != 0;
}

bool IgnorePattern::matches(std::string_view path, bool is_directory) const {
  if (empty() || never_ || (directory_only_ && !is_directory)) return false;
  if (basename_only_) path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  if (!literal_) return simulate(path);
  if (path.size() != tokens_.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != tokens_[i].byte) return false;
  }
  return true;
}

IgnoreFile::IgnoreFile(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    IgnorePattern pattern(line);
    if (!pattern.empty()) patterns_.push_back(std::move(pattern));
  }
}

IgnoreMatch IgnoreFile::match(std::string_view path, bool is_directory) const {
  for (auto it = patterns_.rbegin(); it != patterns_.rend(); ++it) {
    if (it->matches(path, is_directory)) return it->negated() ? IgnoreMatch::include : IgnoreMatch::ignore;
  }
  return IgnoreMatch::none;
}

IgnoreMatch IgnoreStack::ask(const std::vector<Level>& levels, std::string_view path, bool is_directory) {
  for (auto it = levels.rbegin(); it != levels.rend(); ++it) {
    const auto& [file, folder] = *it;
    std::string_view below = path;
    if (!folder.empty()) {
      if (!path.starts_with(folder) || path.size() <= folder.size() || path[folder.size()] != '/') continue;
      below = path.substr(folder.size() + 1);
    }
    if (const IgnoreMatch match = file->match(below, is_directory); match != IgnoreMatch::none) return match;
  }
  return IgnoreMatch::none;
}

IgnoreStack::Decision IgnoreStack::decide(std::string_view path, bool is_directory) const {
  if (const IgnoreMatch own = ask(own_, path, is_directory); own != IgnoreMatch::none) {
    return {own == IgnoreMatch::ignore, false};
  }
  const bool ignored = ask(git_, path, is_directory) == IgnoreMatch::ignore;
  return {ignored, ignored};
}

}  // namespace sluice::scan

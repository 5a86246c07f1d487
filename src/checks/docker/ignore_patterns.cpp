#include "checks/docker/ignore_patterns.h"

#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

// One path part against "*", "?", "[…]" and literals. Linear backtracking over the last star.
bool match_part(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
      continue;
    }
    bool hit = false;
    std::size_t next = p + 1;
    if (p < pattern.size() && pattern[p] == '[') {
      const std::size_t close = pattern.find(']', p + 1);
      if (close != std::string_view::npos) {
        std::string_view set = pattern.substr(p + 1, close - p - 1);
        const bool negated = !set.empty() && set[0] == '^';
        if (negated) set.remove_prefix(1);
        for (std::size_t i = 0; i < set.size(); ++i) {
          const bool range = i + 2 < set.size() && set[i + 1] == '-';
          hit = hit || (range ? set[i] <= text[t] && text[t] <= set[i + 2] : set[i] == text[t]);
          if (range) i += 2;
        }
        hit = hit != negated;
        next = close + 1;
      }
    } else if (p < pattern.size()) {
      hit = pattern[p] == '?' || pattern[p] == text[t];
    }
    if (hit) {
      p = next;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// The pattern matches the path or a folder above it.
bool match(const std::vector<std::string>& pattern, std::size_t p, const std::vector<std::string_view>& path,
           std::size_t t, int& budget) {
  if (--budget < 0) return false;
  if (p == pattern.size()) return true;
  if (pattern[p] == "**") {
    for (std::size_t skip = t; skip <= path.size(); ++skip) {
      if (match(pattern, p + 1, path, skip, budget))
        return skip < path.size() || p + 1 < pattern.size() || t < path.size();
    }
    return false;
  }
  return t < path.size() && match_part(pattern[p], path[t]) && match(pattern, p + 1, path, t + 1, budget);
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts = split(path, "/");
  std::erase_if(parts, [](std::string_view part) { return part == "."; });
  return parts;
}

}  // namespace

IgnorePatterns::IgnorePatterns(std::string_view text) {
  for (std::string_view line : split(text, "\n")) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
      line.remove_suffix(1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.empty() || line[0] == '#') continue;
    Pattern pattern;
    pattern.exception = line[0] == '!';
    if (pattern.exception) line.remove_prefix(1);
    for (const std::string_view part : parts_of(line)) pattern.parts.emplace_back(part);
    if (!pattern.parts.empty()) patterns_.push_back(std::move(pattern));
  }
}

bool IgnorePatterns::ignores(std::string_view path) const {
  const std::vector<std::string_view> parts = parts_of(path);
  bool ignored = false;
  for (const Pattern& pattern : patterns_) {
    int budget = 10'000;
    if (match(pattern.parts, 0, parts, 0, budget)) ignored = !pattern.exception;
  }
  return ignored;
}

}  // namespace sluice::checks::docker

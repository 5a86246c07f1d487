#include "record/tree.h"

namespace sluice::record {
namespace {

// Recursion is over "**" only, and each of those tries each position once: bounded by the pattern's count of
// "**" times the path's length, and both are short.
bool match(std::string_view pattern, std::string_view path, int stars) {
  while (!pattern.empty()) {
    if (pattern.starts_with("**")) {
      if (stars == 0) return false;
      std::string_view rest = pattern.substr(2);
      const bool folder = rest.starts_with('/');
      if (folder) rest.remove_prefix(1);
      if (rest.empty()) return true;
      for (std::size_t at = 0; at <= path.size(); ++at) {
        const bool start = !folder || at == 0 || path[at - 1] == '/';
        if (start && match(rest, path.substr(at), stars - 1)) return true;
      }
      return false;
    }
    if (pattern.front() == '*') {
      pattern.remove_prefix(1);
      for (std::size_t at = 0;; ++at) {
        if (match(pattern, path.substr(at), stars)) return true;
        if (at >= path.size() || path[at] == '/') return false;
      }
    }
    if (path.empty() || (pattern.front() == '?' ? path.front() == '/' : pattern.front() != path.front()))
      return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
  }
  return path.empty();
}

constexpr int k_max_double_stars = 4;

}  // namespace

bool glob_match(std::string_view pattern, std::string_view path) {
  while (pattern.starts_with("./")) pattern.remove_prefix(2);
  if (pattern.empty() || pattern == ".") return true;
  if (pattern.find_first_of("*?") != std::string_view::npos) return match(pattern, path, k_max_double_stars);
  while (pattern.ends_with('/')) pattern.remove_suffix(1);
  return path == pattern || (path.starts_with(pattern) && path[pattern.size()] == '/');
}

}  // namespace sluice::record

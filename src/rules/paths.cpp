#include "rules/paths.h"

#include <algorithm>

namespace sluice::rules {

namespace {

// A glob of many stars against a long path must not take exponential time: tables of size glob × path.
class GlobMatch {
 public:
  GlobMatch(std::string_view glob, std::string_view path)
      : glob_(glob), path_(path), failed_((glob.size() + 1) * (path.size() + 1), false) {}

  bool run(std::size_t g, std::size_t p) {
    const std::size_t key = g * (path_.size() + 1) + p;
    if (failed_[key]) return false;
    if (step(g, p)) return true;
    failed_[key] = true;
    return false;
  }

 private:
  bool step(std::size_t g, std::size_t p) {
    if (g == glob_.size()) return p == path_.size();
    const char c = glob_[g];
    if (c == '*' && glob_.substr(g).starts_with("**/")) {
      if (run(g + 3, p)) return true;
      const std::size_t slash = path_.find('/', p);
      return slash != std::string_view::npos && run(g, slash + 1);
    }
    if (c == '*' && glob_.substr(g).starts_with("**"))
      return run(g + 2, p) || (p < path_.size() && run(g, p + 1));
    if (c == '*') return run(g + 1, p) || (p < path_.size() && path_[p] != '/' && run(g, p + 1));
    if (p == path_.size()) return false;
    if (c == '?') return path_[p] != '/' && run(g + 1, p + 1);
    if (c == '[') {
      const std::size_t close = glob_.find(']', g + 2);
      if (close != std::string_view::npos) {
        return path_[p] != '/' && in_set(glob_.substr(g + 1, close - g - 1), path_[p]) &&
               run(close + 1, p + 1);
      }
    }
    return c == path_[p] && run(g + 1, p + 1);
  }

  static bool in_set(std::string_view set, char c) {
    const bool negated = set.starts_with('!') || set.starts_with('^');
    if (negated) set.remove_prefix(1);
    bool found = false;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (i + 2 < set.size() && set[i + 1] == '-') {
        found = found || (set[i] <= c && c <= set[i + 2]);
        i += 2;
      } else {
        found = found || set[i] == c;
      }
    }
    return found != negated;
  }

  std::string_view glob_;
  std::string_view path_;
  std::vector<bool> failed_;
};

bool fits(std::string_view glob, std::string_view path) {
  const bool anchored = glob.starts_with('/');
  if (anchored) glob.remove_prefix(1);
  if (glob.ends_with('/')) glob.remove_suffix(1);
  std::size_t start = 0;
  while (true) {
    const std::string_view rest = path.substr(start);
    // The file itself, or a folder above it.
    for (std::size_t end = rest.size();; end = rest.rfind('/', end - 1)) {
      if (end == std::string_view::npos) break;
      if (glob_matches(glob, rest.substr(0, end))) return true;
      if (end == 0) break;
    }
    const std::size_t slash = path.find('/', start);
    if (anchored || slash == std::string_view::npos) return false;
    start = slash + 1;
  }
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  return GlobMatch(glob, path).run(0, 0);
}

bool PathFilter::admits(std::string_view path) const {
  const auto any = [&](const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return fits(glob, path); });
  };
  return (include.empty() || any(include)) && !any(exclude);
}

}  // namespace sluice::rules

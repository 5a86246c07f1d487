// .dockerignore: Go's filepath.Match with "**", "!" for exceptions, the last match wins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::checks::docker {

class IgnorePatterns {
 public:
  explicit IgnorePatterns(std::string_view text);
  // `path` is relative to the context. A path below an ignored folder is ignored.
  [[nodiscard]] bool ignores(std::string_view path) const;

 private:
  struct Pattern {
    std::vector<std::string> parts;
    bool exception = false;
  };
  std::vector<Pattern> patterns_;
};

}  // namespace sluice::checks::docker

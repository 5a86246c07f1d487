// Regex: the one regular expression of rules. RE2 (linear time) wherever it can read the pattern; PCRE2 with
// match and depth limits where the pattern needs look-around, back-references or possessive forms. std::regex
// is never used.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/span.h"

namespace sluice::rules {

class Regex {
 public:
  struct Options {
    bool multiline = false;  // ^ and $ at every line
    bool anchored = false;   // a match must start where the search starts
  };

  // Codes: rule.regex (neither engine can read it).
  [[nodiscard]] static Result<Regex> compile(std::string_view pattern, Options options);

  // Groups of one match: [0] the whole, then each group; a group that took no part is nullopt-like: begin >
  // end.
  using Groups = std::vector<Span>;
  [[nodiscard]] static bool took_part(Span group) { return group.begin <= group.end; }

  // First match at or after `from`; false if there is none. Fails with rule.regex-limit if a limit is
  // reached: that is an unknown, not a "no match". Bytes that are not UTF-8 match no character class.
  // Thread-safe.
  [[nodiscard]] Result<bool> search(std::string_view text, std::size_t from, Groups& groups) const;
  [[nodiscard]] Result<bool> matches(std::string_view text) const;  // search from 0

  [[nodiscard]] const std::string& pattern() const { return pattern_; }
  [[nodiscard]] bool linear() const;              // RE2
  [[nodiscard]] std::size_t group_count() const;  // without the whole
  // Named groups: (name, index).
  [[nodiscard]] const std::vector<std::pair<std::string, std::size_t>>& names() const { return names_; }

  struct Engine;  // regex.cpp

 private:
  Regex() = default;
  std::string pattern_;
  Options options_;
  std::vector<std::pair<std::string, std::size_t>> names_;
  std::shared_ptr<const Engine> engine_;
};

}  // namespace sluice::rules

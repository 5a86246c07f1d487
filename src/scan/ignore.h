// The ignore files of a source tree: .gitignore, .git/info/exclude, .sluiceignore. All have git's pattern
// language (gitignore(5)): negation, anchoring, `**`, directory-only patterns, classes, escapes; the last
// matching line decides.
//
// Matching is a simulation over the pattern's tokens: its cost is (pattern length × path length), whatever
// the pattern. Git's own backtracking matcher is exponential in the number of stars, and here the pattern is
// foreign text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::scan {

enum class IgnoreMatch : std::uint8_t { none, ignore, include };

// One pattern, compiled. Only bytes count: a class matches one byte, as in git.
class IgnorePattern {
 public:
  // `line` without its line end. Blank lines and comments give an empty pattern (see `empty`).
  explicit IgnorePattern(std::string_view line);

  [[nodiscard]] bool empty() const { return tokens_.empty(); }
  [[nodiscard]] bool negated() const { return negated_; }
  // `path` is relative to the folder of the ignore file, with "/", without a leading or trailing one.
  [[nodiscard]] bool matches(std::string_view path, bool is_directory) const;

 private:
  enum class Kind : std::uint8_t {
    literal,      // one given byte
    any,          // ?  : one byte, not "/"
    one_of,       // [] : one byte, not "/"
    star,         // *  : bytes without "/"
    directories,  // **/: nothing, or anything that ends with "/"
    everything,   // /**: anything, at the end
  };
  struct Token {
    Kind kind = Kind::literal;
    char byte = 0;
    std::uint32_t set = 0;  // index into sets_
  };
  struct ByteSet {
    std::uint64_t words[4] = {0, 0, 0, 0};
    void add(unsigned char byte) { words[byte / 64U] |= std::uint64_t{1} << (byte % 64U); }
    [[nodiscard]] bool has(unsigned char byte) const {
      return ((words[byte / 64U] >> (byte % 64U)) & 1U) != 0;
    }
  };

  void compile(std::string_view pattern);
  // Reads a class that starts at `at` (a "["); the place behind it, or npos if it is unterminated.
  std::size_t compile_class(std::string_view pattern, std::size_t at);
  [[nodiscard]] bool simulate(std::string_view text) const;

  std::vector<Token> tokens_;
  std::vector<ByteSet> sets_;
  bool negated_ = false;
  bool directory_only_ = false;
  bool basename_only_ = false;  // a pattern without "/" matches the last component at any depth
  bool literal_ = true;         // no wildcard: compared, not simulated
  bool never_ = false;          // broken (an unterminated class): matches nothing, as in git
};

// One ignore file.
class IgnoreFile {
 public:
  explicit IgnoreFile(std::string_view text);
  [[nodiscard]] IgnoreMatch match(std::string_view path,
                                  bool is_directory) const;  // of the last line that matches
  [[nodiscard]] bool empty() const { return patterns_.empty(); }

 private:
  std::vector<IgnorePattern> patterns_;
};

// The ignore files that hold for one folder: those of its ancestors and its own. Deeper files win over outer
// ones, and .sluiceignore over the files of git. Copied on the way down: files are shared, not owned.
class IgnoreStack {
 public:
  // `folder` is where the file lies, relative to the same origin as the paths asked about later; "" is the
  // origin.
  void push_git(const IgnoreFile* file, std::string folder) { git_.emplace_back(file, std::move(folder)); }
  void push_own(const IgnoreFile* file, std::string folder) { own_.emplace_back(file, std::move(folder)); }

  struct Decision {
    bool ignored = false;
    bool by_git = false;  // by git's files, not by .sluiceignore
  };
  // `path` relative to the origin. Asks about this path alone: whoever walks must not enter an ignored
  // folder.
  [[nodiscard]] Decision decide(std::string_view path, bool is_directory) const;

 private:
  using Level = std::pair<const IgnoreFile*, std::string>;
  static IgnoreMatch ask(const std::vector<Level>& levels, std::string_view path, bool is_directory);
  std::vector<Level> git_;  // outermost first
  std::vector<Level> own_;
};

}  // namespace sluice::scan

// What a command line really runs: wrappers (sudo, env, timeout, …) taken off, and shell text found in its
// words.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "syntax/shell/argv.h"

namespace sluice::syntax::shell {

struct Shape {
  std::size_t wrappers = 0;              // that many leading words only wrap the command
  std::vector<std::size_t> assignments;  // those of them that set a variable: env A=b
  std::optional<std::size_t> script;     // the word that is shell text: sh -c TEXT, su -c TEXT
  bool joined_script = false;            // eval: all words from `script` on, joined by blanks
  bool reads_stdin = false;              // a shell whose standard input is the script
  std::vector<std::pair<std::size_t, std::size_t>>
      nested;  // [begin, end) words that are a command: find -exec
};

[[nodiscard]] Shape shape_of(std::span<const Word> words);

// The last part of a path, without ".exe": "/usr/bin/apt-get" → "apt-get".
[[nodiscard]] std::string_view program_name(std::string_view word);

}  // namespace sluice::syntax::shell

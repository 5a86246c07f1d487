// A command's arguments as options and operands, by the rules of getopt_long.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/shell/argv.h"

namespace sluice::syntax::shell {

struct Option {
  std::string name;                  // "-y", "--option"; of a cluster "-yq" each by itself
  std::optional<std::string> value;  // "--opt=x", "-tx", or the next word
  const Word* word = nullptr;        // where it stands
};

struct Arguments {
  std::vector<Option> options;
  std::vector<const Word*> operands;
  std::size_t before_dashes = 0;  // that many operands stand before `--` (all, if there is none)

  [[nodiscard]] const Option* option(std::string_view name) const;  // first of that name, or null
  // True if one of the names, separated by blanks, was given.
  [[nodiscard]] bool has(std::string_view names) const;
};

// `valued`: options that take a value, separated by blanks: "-o --option -t". `long_single`: "-tags x" is one
// option, as in Go and Java programs. Starts behind argv[0].
[[nodiscard]] Arguments arguments(const Command& command, std::string_view valued, bool long_single = false);

}  // namespace sluice::syntax::shell

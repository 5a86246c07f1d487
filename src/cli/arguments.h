// Command lines as data: what a command takes is a table, from which parsing, --help and completion are made.
// CLI11 does the parsing and is seen by arguments.cpp only (it costs 2.3 s in every file that includes it).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::cli {

struct OptionSpec {
  std::string_view name;        // "--profile", "-j,--jobs"; a positional has no dash: "PATH"
  std::string_view value_name;  // "FILE"; empty = a flag
  std::string_view help;
  bool required = false;
  bool repeatable = false;
  std::vector<std::string> choices = {};  // empty = any text
};

class Arguments {
 public:
  // `name` is the long name without dashes ("profile"), or the positional's name ("PATH").
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(std::string(name)); }
  [[nodiscard]] std::string value(std::string_view name,
                                  std::string_view fallback = {}) const;  // the last one given
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  [[nodiscard]] Result<long> number(std::string_view name, long fallback, long min, long max) const;

  std::map<std::string, std::vector<std::string>> values_;  // filled by parse_arguments
};

struct Context;

struct Command {
  std::string_view name;  // "scan", "verify statement"
  std::string_view summary;
  std::string_view example;  // shown by --help
  std::vector<OptionSpec> options;
  // The exit status (DESIGN 4.1); an Error is printed by main and mapped to one.
  Result<int> (*run)(const Arguments& arguments, Context& context);
};

// What parsing found: a command to run, or a text to print (help, version, usage error) and an exit status.
struct Invocation {
  const Command* command = nullptr;
  Arguments arguments;
  std::string text;
  int exit_status = 0;
  bool text_is_error = false;
};

[[nodiscard]] Invocation parse_arguments(const std::vector<Command>& commands, int argc,
                                         const char* const* argv);

}  // namespace sluice::cli

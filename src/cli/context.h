// What every command is given: the outside world, and how to print.
#pragma once

#include <string>
#include <string_view>

#include "base/effects.h"
#include "cli/arguments.h"

namespace sluice::cli {

struct Context {
  Environment environment;
  const Clock& clock;
  bool stdout_is_terminal = false;
  bool stderr_is_terminal = false;
  bool colour = false;  // stdout may be coloured: a terminal, and NO_COLOR is not set
};

// Exit statuses of contract 4.1.
inline constexpr int k_exit_ok = 0;
inline constexpr int k_exit_denied = 1;
inline constexpr int k_exit_usage = 2;
inline constexpr int k_exit_failed = 3;
inline constexpr int k_exit_indeterminate = 4;
inline constexpr int k_exit_waiting = 5;
inline constexpr int k_exit_internal = 70;

[[nodiscard]] int exit_status(const Error& error);

// Whole text to stdout; a failed write (full disk, closed pipe) is an error, since a cut report would look
// complete.
[[nodiscard]] Status print(std::string_view text);
void print_error(std::string_view text);  // to stderr, with a newline

}  // namespace sluice::cli

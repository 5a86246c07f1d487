// Running the command that is recorded: its output is the user's, its exit status ours, its signals passed
// on.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/effects.h"
#include "base/result.h"

namespace sluice::record {

struct CommandResult {
  int exit_code = 0;  // valid if signal == 0
  int signal = 0;     // that ended it, or 0
  std::chrono::sys_seconds started{};
  std::chrono::sys_seconds finished{};
  std::chrono::milliseconds duration{0};
  std::chrono::milliseconds user_time{0};
  std::chrono::milliseconds system_time{0};
  std::uint64_t max_rss_bytes = 0;
  std::uint64_t blocks_in = 0;
  std::uint64_t blocks_out = 0;

  [[nodiscard]] bool ok() const { return signal == 0 && exit_code == 0; }
  // What a shell would report: the exit code, or 128 + the signal.
  [[nodiscard]] int status() const { return signal != 0 ? 128 + signal : exit_code; }
};

// Runs `argv` (argv[0] is looked up in PATH) with our standard streams, environment and working directory,
// and waits. Signals that ask us to end (HUP, INT, QUIT, TERM, USR1, USR2) are passed on while it runs; what
// a terminal sends to the whole group is not sent twice. Call from the main thread, before others are
// started. Codes: record.not-found (no such program), record.start.
[[nodiscard]] Result<CommandResult> run_command(const std::vector<std::string>& argv, const Clock& clock);

// The program that argv[0] names, as an absolute path; empty if there is none.
[[nodiscard]] std::string find_program(const std::string& name, const Environment& environment);

}  // namespace sluice::record

// Subprocess: the one way to run an outside program. No shell, an argument vector, a process group of
// its own, a parent-death signal, no inherited descriptors, a deadline (TERM, then KILL), bounded
// capture of head and tail. Launching goes through Boost.Process v2 (its only user is launch.cpp);
// pipes, deadline and reaping are ours, over poll and pidfd, because v2's waits can block when a
// grandchild keeps a pipe (boostorg/process#64, #552). What is left of the group when the program ends
// is killed. A grandchild with a session of its own escapes that, but cannot hold us: we stop listening
// a quarter of a second after the program's end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice {

struct ProcessSpec {
  // argv[0]: absolute path, or a name looked up in the PATH of `environment`, else in ours. No NUL bytes.
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;  // exactly this, nothing inherited
  std::string working_directory;                                 // empty = ours
  std::string input;                                             // given on stdin, then closed
  std::chrono::milliseconds deadline{60'000};
  std::chrono::milliseconds grace{2'000};  // between TERM and KILL of the whole group
  std::size_t head_bytes = 256u << 10;     // kept of each stream from its start …
  std::size_t tail_bytes = 256u << 10;     // … and from its end
};

// One captured stream: the whole if it was short, else head and tail
// with a count of what fell out between them.
struct Captured {
  std::string head;
  std::string tail;
  std::uint64_t total_bytes = 0;
  [[nodiscard]] bool truncated() const { return total_bytes > head.size() + tail.size(); }
  // Head, a line that says how many bytes were left out (if any), tail.
  [[nodiscard]] std::string text() const;
};

struct ProcessResult {
  int exit_code = -1;  // valid if signal == 0
  int signal = 0;      // that ended it, or 0
  bool timed_out = false;
  bool pipe_kept_open =
      false;  // a grandchild still held a pipe when the program had ended; we closed our end
  Captured out;
  Captured err;
  std::chrono::milliseconds duration{0};
  std::uint64_t max_rss_bytes = 0;  // upper bound: the kernel counts our own size at the fork too
  [[nodiscard]] bool ok() const { return signal == 0 && exit_code == 0 && !timed_out; }
};

// Runs to the end. Fails only if the program could not be started (process.not-found,
// process.start) or did not die of KILL (process.stuck); a failing program is a result.
// Thread-safe; the program is killed if the calling thread ends.
[[nodiscard]] Result<ProcessResult> run_process(const ProcessSpec& spec);

// Bounded capture of a stream, for whoever reads pipes itself. Feed chunks; constant memory.
class CaptureBuffer {
 public:
  CaptureBuffer(std::size_t head_bytes, std::size_t tail_bytes);
  void append(std::string_view chunk);
  [[nodiscard]] Captured take();

 private:
  std::size_t head_limit_;
  std::size_t tail_limit_;
  Captured captured_;
};

}  // namespace sluice

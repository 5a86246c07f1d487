// One worker process, seen from the parent, and the loop that runs inside it.
//
// A worker is forked, so it has the compiled rules without a copy, and it keeps nothing but its socket and a
// pipe for what a dying assert() says. Fork only from a process with one thread: a lock held by another would
// stay held.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "scan/analysis.h"
#include "scan/confine.h"
#include "scan/protocol.h"

namespace sluice::scan {

// What a worker does with one file. Runs in the child; may crash, hang or throw.
using Analyse = std::function<Analysis(const Request&)>;

struct Worker {
  pid_t pid = -1;
  Fd socket;  // non-blocking
  Fd errors;  // the worker's stderr, non-blocking
  [[nodiscard]] bool alive() const { return pid > 0; }
};

// Forks a confined worker that serves until its socket closes. Code: scan.worker (no socket, no process).
[[nodiscard]] Result<Worker> start_worker(const Analyse& analyse, const Confinement& confinement);

// True if an idle worker has died meanwhile; it is reaped then, and the Worker is empty.
[[nodiscard]] bool worker_is_gone(Worker& worker);

// Kills the worker if it still runs, reaps it, and says for coverage what it died of: "out of memory", "the
// analyser crashed with signal 6 (Aborted): scanner.c:93: …", "the worker was killed from outside (signal
// 9)".
[[nodiscard]] std::string bury_worker(Worker& worker);

}  // namespace sluice::scan

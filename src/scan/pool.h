// A pool of worker processes over a list of files.
//
// The parent has one thread and one poll() loop: it only moves bytes, so threads would gain nothing, and a
// process with one thread may fork replacements at any time. Workers are forked as files need them, never
// more than there are files.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "scan/worker.h"

namespace sluice::scan {

struct Input {
  Bytes bytes;
  Companion companion = Companion::unknown;
  Bytes companion_bytes;
};

struct Job {
  std::uint8_t analyser = 0;
  std::string path;
  std::uint64_t size = 0;  // for the order only: large files first
  // Called when the job's turn comes: the bytes, or what to report if there are none to analyse.
  std::function<tl::expected<Input, Analysis>()> read;
  std::function<bool(std::string_view)> knows_rule;
};

struct PoolOptions {
  unsigned workers = 1;
  std::chrono::milliseconds deadline{5'000};  // for each file, from the moment it is handed over
  std::uint64_t memory_bytes = 1u << 30;      // of each worker
  std::function<void(pid_t)> on_start;        // told of each worker started; for tests
};

// More workers than this only compete; the output does not depend on their number.
inline constexpr unsigned k_max_workers = 128;

// A worker serves this many files and is then replaced, so that neither its memory nor its processor limit
// depends on how many files a tree has.
inline constexpr unsigned k_files_per_worker = 500;

// The outcome of job `index`. `bytes` are the file's, to be read during the call only; empty if it could not
// be read.
using Done = std::function<void(std::size_t index, Bytes bytes, Analysis analysis)>;

// Runs every job, each exactly once; `done` is called in the order of completion. A file whose worker hangs,
// crashes, is killed or answers nonsense is `failed` with the reason. Fails only if no worker can be had
// (scan.worker).
[[nodiscard]] Status run_jobs(const std::vector<Job>& jobs, const Analyse& analyse,
                              const PoolOptions& options, const Done& done);

}  // namespace sluice::scan
